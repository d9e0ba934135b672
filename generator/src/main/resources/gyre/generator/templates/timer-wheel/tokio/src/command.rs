//! The lines of standard input.

use std::time::Duration;

const ID_BYTES_MAX: usize = 200;
const MILLIS_MAX: u64 = 30 * 24 * 3600 * 1000;

#[derive(Debug, PartialEq)]
pub enum Command<'a> {
    Set(&'a str, Duration),
    Cancel(&'a str),
}

/// `None` if it is none.
pub fn parse(line: &[u8]) -> Option<Command<'_>> {
    let mut words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let command = match (words.next()?, words.next()?) {
        (_, id) if id.len() > ID_BYTES_MAX => return None,
        ("set", id) => Command::Set(id, parse_millis(words.next()?)?),
        ("cancel", id) => Command::Cancel(id),
        _ => return None,
    };
    words.next().is_none().then_some(command)
}

/// Digits and nothing else: the numbers of Rust may have a sign.
fn parse_millis(text: &str) -> Option<Duration> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let millis = text.parse().ok().filter(|&millis| is_digits && millis <= MILLIS_MAX)?;
    Some(Duration::from_millis(millis))
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_parse_commands() {
        assert_eq!(parse(b"set a 5"), Some(Command::Set("a", Duration::from_millis(5))));
        assert_eq!(parse(b"  cancel \t a\r"), Some(Command::Cancel("a")));
        let month = Duration::from_millis(MILLIS_MAX);
        assert_eq!(parse(b"set a 2592000000"), Some(Command::Set("a", month)));
    }

    #[test]
    fn should_refuse_what_is_no_command() {
        for line in ["", "set", "set a", "cancel", "cancel a b", "fire a 1"] {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
        for millis in ["b", "-1", "+1", "1 2", "1.5", "2592000001"] {
            let line = format!("set a {millis}");
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
        assert_eq!(parse(b"cancel \xff"), None);
        assert_eq!(parse(format!("cancel {}", "x".repeat(ID_BYTES_MAX + 1)).as_bytes()), None);
    }
}
{{/tests}}
