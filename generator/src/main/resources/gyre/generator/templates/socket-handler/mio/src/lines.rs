//! Lines at the beginning of what has been received.

/// Without its end.
pub const LINE_BYTES_MAX: usize = 1024;
const DIGITS_MAX: usize = 18;

#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

/// The first line, without its end and a CR before that, and how many bytes it takes; `None` if it
/// is not whole yet.
pub fn first(input: &[u8]) -> Result<Option<(&[u8], usize)>, TooLong> {
    let end = input.iter().take(LINE_BYTES_MAX + 1).position(|&byte| byte == b'\n');
    match end {
        Some(end) => {
            let line = &input[..end];
            Ok(Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1)))
        }
        None if input.len() > LINE_BYTES_MAX => Err(TooLong),
        None => Ok(None),
    }
}

/// The rest of a line that begins with this, if it is a few digits.
pub fn digits_after<'a>(line: &'a [u8], verb: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(verb)?;
    let is_number = (1..=DIGITS_MAX).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit);
    is_number.then_some(rest)
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_find_the_first_line() {
        assert_eq!(first(b""), Ok(None));
        assert_eq!(first(b"ab"), Ok(None));
        assert_eq!(first(b"ab\r\ncd\n"), Ok(Some((&b"ab"[..], 4))));
        assert_eq!(first(b"\n"), Ok(Some((&b""[..], 1))));
    }

    #[test]
    fn should_refuse_a_line_that_is_too_long() {
        let mut line = vec![b'x'; LINE_BYTES_MAX];
        assert_eq!(first(&line), Ok(None));
        line.push(b'\n');
        assert_eq!(first(&line), Ok(Some((&line[..LINE_BYTES_MAX], LINE_BYTES_MAX + 1))));
        line.insert(0, b'x');
        assert_eq!(first(&line), Err(TooLong));
    }

    #[test]
    fn should_take_digits_alone_for_a_number() {
        assert_eq!(digits_after(b"ping 012", b"ping "), Some(&b"012"[..]));
        for line in ["ping ", "ping +1", "ping 1 ", "ping 1234567890123456789", "pong 1", ""] {
            assert_eq!(digits_after(line.as_bytes(), b"ping "), None, "{line}");
        }
    }
}
{{/tests}}
