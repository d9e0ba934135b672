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
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers to lines, and the state after them.
    fn said(lines: &[&str]) -> (Vec<String>, State) {
        let mut state = State::Hello;
        let mut answers = Vec::new();
        for line in lines {
            let (next, answer) = state.on(line.as_bytes());
            state = next;
            answers.push(answer);
        }
        (answers, state)
    }

    #[test]
    fn should_go_through_its_states() {
        let (answers, state) = said(&["hello you", "ping 1", "ping 007", "bye"]);
        assert_eq!(answers, ["welcome", "pong 1", "pong 007", "bye"]);
        assert_eq!(state, State::Ended);
    }

    #[test]
    fn should_end_with_what_does_not_belong_to_a_state() {
        let long_name = format!("hello {}", "x".repeat(65));
        for line in ["", "hello", "hello ", "hello a b", &long_name, "ping 1", "bye"] {
            assert_eq!(State::Hello.on(line.as_bytes()).0, State::Ended, "{line}");
        }
        for line in ["", "hello a", "ping", "ping x", "ping -1", "ping 1234567890123456789"] {
            let (state, answer) = State::Ready.on(line.as_bytes());
            assert_eq!(state, State::Ended, "{line}");
            assert_eq!(answer, "error expected ping or bye", "{line}");
        }
        assert_eq!(State::Ready.on(b"ping \xff").0, State::Ended);
    }
}
{{/tests}}
