//! What is spoken: the answer to one message.

use std::time::Duration;

const WAIT_MAX_MILLIS: u64 = 60_000;

#[derive(Debug, PartialEq)]
pub enum Answer<'a> {
    Say(&'a [u8]),
    /// `waited`, after that time.
    Wait(Duration),
    /// `bye`, and then the connection ends.
    Quit,
}

/// Of one message, whose first word says what to do with the rest.
pub fn answer(message: &[u8]) -> Answer<'_> {
    let blank = message.iter().position(|&byte| byte == b' ');
    let verb = &message[..blank.unwrap_or(message.len())];
    let rest = blank.map_or(&b""[..], |blank| &message[blank + 1..]);
    match verb {
        b"ping" => Answer::Say(b"pong"),
        b"echo" => Answer::Say(rest),
        b"wait" => wait(rest),
        b"quit" if blank.is_none() => Answer::Quit,
        _ => Answer::Say(b"error unknown command"),
    }
}

fn wait(text: &[u8]) -> Answer<'_> {
    match millis(text) {
        Some(millis) if millis <= WAIT_MAX_MILLIS => Answer::Wait(Duration::from_millis(millis)),
        _ => Answer::Say(b"error wait takes milliseconds, at most 60000"),
    }
}

/// Digits and nothing else: the numbers of Rust may have a sign.
fn millis(text: &[u8]) -> Option<u64> {
    let is_digits = text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| is_digits)?.parse().ok()
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_answer_each_message() {
        for (message, expected) in [
            (&b"ping"[..], Answer::Say(b"pong")),
            (b"echo a b  c", Answer::Say(b"a b  c")),
            (b"echo", Answer::Say(b"")),
            (b"echo \xff", Answer::Say(b"\xff")),
            (b"quit", Answer::Quit),
            (b"quit now", Answer::Say(b"error unknown command")),
            (b"", Answer::Say(b"error unknown command")),
            (b"Ping", Answer::Say(b"error unknown command")),
        ] {
            assert_eq!(answer(message), expected, "{}", message.escape_ascii());
        }
    }

    #[test]
    fn should_wait_for_a_minute_at_most() {
        assert_eq!(answer(b"wait 0"), Answer::Wait(Duration::ZERO));
        assert_eq!(answer(b"wait 60000"), Answer::Wait(Duration::from_secs(60)));
        for text in ["60001", "", "+1", "-1", "1 ", "soon", "99999999999999999999"] {
            let message = format!("wait {text}");
            assert!(
                matches!(answer(message.as_bytes()), Answer::Say(error) if error.starts_with(b"error ")),
                "{message}"
            );
        }
    }
}
{{/tests}}
