//! What is spoken: a question is a message, and so is its answer.

use crate::connection::{Conversation, Reply};
use crate::messages::{self, Messages, TooLong};
use std::time::{Duration, Instant};

const WAIT_MAX_MILLIS: u64 = 60_000;

pub struct Protocol {
    messages: Messages,
}

impl Protocol {
    pub fn new(message_bytes_max: usize) -> Protocol {
        Protocol { messages: Messages::new(message_bytes_max) }
    }
}

impl Conversation for Protocol {
    fn on_input(&mut self, input: &mut [u8], reply: &mut Reply) -> usize {
        let mut taken = 0;
        while reply.takes_input() {
            match self.messages.next(&input[taken..]) {
                Ok(Some((text, bytes))) => {
                    answer(text, reply);
                    taken += bytes;
                }
                Ok(None) => break,
                // What follows can't be told apart any more.
                Err(TooLong) => end(reply, b"error message too long"),
            }
        }
        taken
    }

    fn on_pause_end(&mut self, reply: &mut Reply) {
        say(reply, b"waited");
    }

    fn on_late(&mut self, reply: &mut Reply) {
        end(reply, b"error message took too long");
    }
}

fn answer(text: &[u8], reply: &mut Reply) {
    let blank = text.iter().position(|&byte| byte == b' ').unwrap_or(text.len());
    let (verb, rest) = (&text[..blank], text.get(blank + 1..).unwrap_or_default());
    match verb {
        b"ping" => say(reply, b"pong"),
        b"echo" => say(reply, rest),
        b"wait" => wait(rest, reply),
        b"quit" if text == b"quit" => end(reply, b"bye"),
        _ => say(reply, b"error unknown command"),
    }
}

/// No answer yet: it comes when the time has.
fn wait(millis: &[u8], reply: &mut Reply) {
    match parse_millis(millis) {
        Some(millis) => reply.paused_until = Some(Instant::now() + Duration::from_millis(millis)),
        None => say(reply, b"error wait takes milliseconds, at most 60000"),
    }
}

fn parse_millis(text: &[u8]) -> Option<u64> {
    let is_number = text.iter().all(u8::is_ascii_digit); // no sign
    let number = std::str::from_utf8(text).ok()?.parse().ok()?;
    (is_number && number <= WAIT_MAX_MILLIS).then_some(number)
}

fn say(reply: &mut Reply, text: &[u8]) {
    messages::write(&mut reply.output, text);
}

fn end(reply: &mut Reply, text: &[u8]) {
    say(reply, text);
    reply.ending = true;
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        messages::write(&mut bytes, text.as_bytes());
        bytes
    }

    /// What is answered to a few questions at once.
    fn reply(questions: &[&str]) -> (Reply, usize) {
        let mut input: Vec<u8> = questions.iter().flat_map(|text| message(text)).collect();
        let mut reply = Reply::new(100);
        let taken = Protocol::new(50).on_input(&mut input, &mut reply);
        (reply, taken)
    }

    #[test]
    fn should_answer_each_question_in_order() {
        let long = "y".repeat(51);
        for (question, answer) in [
            ("ping", "pong"),
            ("echo a  b", "a  b"),
            ("echo", ""),
            ("", "error unknown command"),
            ("quit now", "error unknown command"),
            ("wait 60001", "error wait takes milliseconds, at most 60000"),
            ("wait +1", "error wait takes milliseconds, at most 60000"),
            ("wait", "error wait takes milliseconds, at most 60000"),
            (&long, "error message too long"),
        ] {
            let (said, _) = reply(&["ping", question]);
            assert_eq!(said.output, [message("pong"), message(answer)].concat(), "{question}");
        }
    }

    #[test]
    fn should_take_nothing_while_it_waits_and_after_the_end() {
        let (waits, taken) = reply(&["wait 5", "ping"]);
        assert!(waits.paused_until.is_some() && waits.output.is_empty());
        assert_eq!(taken, message("wait 5").len());
        let (ended, taken) = reply(&["quit", "ping"]);
        assert!(ended.ending && ended.output == message("bye"));
        assert_eq!(taken, message("quit").len());
    }

    #[test]
    fn should_stop_when_a_slow_reader_has_enough_to_read() {
        let text = format!("echo {}", "z".repeat(40));
        let (said, taken) = reply(&[&text[..]; 10]);
        assert!(said.output.len() > 100 && said.output.len() < 200, "{}", said.output.len());
        assert!(taken < 10 * message(&text).len());
    }
}
{{/tests}}
