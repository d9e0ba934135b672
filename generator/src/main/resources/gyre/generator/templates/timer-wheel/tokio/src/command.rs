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
