//! The server's side of one connection, as a state machine of lines. It knows no socket.

const NAME_BYTES_MAX: usize = 64;
const DIGITS_MAX: usize = 18;

/// What is expected next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Hello,
    Ready,
    Ended,
}

impl State {
    /// The next state, and the answer to a line. Nothing else changes a state.
    pub fn on(self, line: &[u8]) -> (State, String) {
        let line = String::from_utf8_lossy(line);
        match (self, line.split_once(' ')) {
            (State::Hello, Some(("hello", name))) if is_name(name) => {
                (State::Ready, "welcome".into())
            }
            (State::Hello, _) => (State::Ended, "error expected hello".into()),
            (State::Ready, Some(("ping", number))) if is_number(number) => {
                (State::Ready, format!("pong {number}"))
            }
            (State::Ready, None) if line == "bye" => (State::Ended, "bye".into()),
            (State::Ready, _) => (State::Ended, "error expected ping or bye".into()),
            (State::Ended, _) => unreachable!("a conversation that has ended takes no line"),
        }
    }
}

fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len()) && !text.contains(char::is_whitespace)
}

fn is_number(text: &str) -> bool {
    (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
