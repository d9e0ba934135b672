//! The server's side of one connection, as a state machine of lines.

use crate::connection::{Conversation, Reply};
use crate::lines::{self, TooLong};

const NAME_BYTES_MAX: usize = 64;

/// What is expected next.
#[derive(Clone, Copy)]
enum State {
    Hello,
    Ready,
}

pub struct Talk {
    state: State, // an end is the reply's
}

impl Talk {
    pub fn new() -> Talk {
        Talk { state: State::Hello }
    }

    /// This is the only place that changes the state.
    fn on_line(&mut self, line: &[u8], reply: &mut Reply) {
        match self.state {
            State::Hello if is_hello(line) => {
                self.state = State::Ready;
                say(reply, b"welcome");
            }
            State::Hello => refuse(reply, "expected hello"),
            State::Ready if line == b"bye" => {
                say(reply, b"bye");
                reply.ending = true;
            }
            State::Ready => match lines::digits_after(line, b"ping ") {
                Some(digits) => say(reply, &[b"pong ", digits].concat()),
                None => refuse(reply, "expected ping or bye"),
            },
        }
    }
}

impl Conversation for Talk {
    fn on_input(&mut self, input: &mut [u8], reply: &mut Reply) -> usize {
        let mut taken = 0;
        while reply.takes_input() {
            match lines::first(&input[taken..]) {
                Ok(Some((line, bytes))) => {
                    self.on_line(line, reply);
                    taken += bytes;
                }
                Ok(None) => break,
                Err(TooLong) => refuse(reply, "line too long"),
            }
        }
        taken
    }
}

fn is_hello(line: &[u8]) -> bool {
    line.strip_prefix(b"hello ").is_some_and(|name| {
        (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.iter().any(u8::is_ascii_whitespace)
    })
}

fn say(reply: &mut Reply, text: &[u8]) {
    reply.output.extend_from_slice(text);
    reply.output.push(b'\n');
}

fn refuse(reply: &mut Reply, why: &str) {
    say(reply, format!("error {why}").as_bytes());
    reply.ending = true;
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_answer_by_its_state_and_end_at_what_does_not_belong_there() {
        let long = "x".repeat(5000);
        let name = format!("hello {}", "n".repeat(NAME_BYTES_MAX + 1));
        for (said, answered, ends) in [
            ("hello a\n", "welcome\n", false),
            ("hello a\r\nping 1\nping 022\n", "welcome\npong 1\npong 022\n", false),
            ("hello a\nbye\nping 1\n", "welcome\nbye\n", true),
            ("ping 1\n", "error expected hello\n", true),
            ("hello\n", "error expected hello\n", true),
            ("hello a b\n", "error expected hello\n", true),
            (&format!("{name}\n"), "error expected hello\n", true),
            ("hello a\nhello b\nping 1\n", "welcome\nerror expected ping or bye\n", true),
            ("hello a\nping x\n", "welcome\nerror expected ping or bye\n", true),
            (&long, "error line too long\n", true),
        ] {
            let mut reply = Reply::new(1000);
            let mut input = said.as_bytes().to_vec();
            Talk::new().on_input(&mut input, &mut reply);
            assert_eq!(String::from_utf8_lossy(&reply.output), answered, "{said}");
            assert_eq!(reply.ending, ends, "{said}");
        }
    }
}
{{/tests}}
