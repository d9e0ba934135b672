//! Where a message begins and ends.

#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

/// Finds messages in what has been received.
pub struct Messages {
    bytes_max: usize,
{{#lines}}
    searched_bytes: usize, // without an end of a line: a long message is not searched anew
{{/lines}}
}
{{#lines}}
impl Messages {
    pub fn new(bytes_max: usize) -> Messages {
        Messages { bytes_max, searched_bytes: 0 }
    }

    /// The line at the beginning, without its end and a CR before that, and how many bytes it
    /// takes; `None` if it is not whole yet. These bytes have to be taken before the next call.
    pub fn next<'a>(&mut self, input: &'a [u8]) -> Result<Option<(&'a [u8], usize)>, TooLong> {
        let from = self.searched_bytes.min(input.len());
        let end = input[from..].iter().position(|&byte| byte == b'\n').map(|at| from + at);
        let length = end.unwrap_or(input.len());
        if length > self.bytes_max {
            return Err(TooLong);
        }
        self.searched_bytes = if end.is_some() { 0 } else { length };
        Ok(end.map(|end| {
            let line = &input[..end];
            (line.strip_suffix(b"\r").unwrap_or(line), end + 1)
        }))
    }
}

pub fn write(output: &mut Vec<u8>, text: &[u8]) {
    output.extend_from_slice(text);
    output.push(b'\n');
}
{{/lines}}
{{#length}}
pub const HEAD_BYTES: usize = 4;

impl Messages {
    pub fn new(bytes_max: usize) -> Messages {
        Messages { bytes_max }
    }

    /// The message at the beginning, and how many bytes it takes; `None` if it is not whole yet.
    /// What says that it is too long is refused before any memory is taken for it.
    pub fn next<'a>(&mut self, input: &'a [u8]) -> Result<Option<(&'a [u8], usize)>, TooLong> {
        let &[a, b, c, d, ref rest @ ..] = input else { return Ok(None) };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length > self.bytes_max {
            return Err(TooLong);
        }
        Ok(rest.get(..length).map(|text| (text, HEAD_BYTES + length)))
    }
}

pub fn write(output: &mut Vec<u8>, text: &[u8]) {
    let length = u32::try_from(text.len()).expect("an answer is not longer than a message");
    output.extend_from_slice(&length.to_be_bytes());
    output.extend_from_slice(text);
}
{{/length}}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, text.as_bytes());
        bytes
    }

    #[test]
    fn should_read_what_it_writes_in_any_pieces() {
        for text in ["", "x", "some words", "0123456789abcdef"] {
            let whole = message(text);
            let mut messages = Messages::new(16);
            for cut in 0..whole.len() {
                assert_eq!(messages.next(&whole[..cut]), Ok(None), "{cut} bytes of {text}");
            }
            let more = [&whole[..], b"more"].concat();
            assert_eq!(messages.next(&more), Ok(Some((text.as_bytes(), whole.len()))));
        }
    }

    #[test]
    fn should_refuse_what_is_too_long() {
        let whole = message("0123456789abcdefg");
        assert_eq!(Messages::new(16).next(&whole), Err(TooLong));
{{#lines}}
        assert_eq!(Messages::new(16).next(&whole[..17]), Err(TooLong), "an end can't mend it");
        assert_eq!(Messages::new(16).next(&whole[..16]), Ok(None));
{{/lines}}
{{#length}}
        assert_eq!(Messages::new(16).next(&[0xff; 4]), Err(TooLong), "4 GiB, said and not sent");
{{/length}}
    }
{{#lines}}

    #[test]
    fn should_leave_out_a_carriage_return_at_the_end() {
        let mut messages = Messages::new(16);
        assert_eq!(messages.next(b"a\rb\r\nc"), Ok(Some((&b"a\rb"[..], 5))));
        assert_eq!(messages.next(b"\r\n"), Ok(Some((&b""[..], 2))));
    }
{{/lines}}
}
{{/tests}}
