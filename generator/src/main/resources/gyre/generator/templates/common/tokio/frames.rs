{{#lines}}
//! Messages are lines: without their LF, and without a CR before that.

use bytes::{Bytes, BytesMut};

/// Beyond the limit: what follows can't be told apart any more.
#[derive(Debug, PartialEq)]
pub struct TooLong;

/// Takes messages off the beginning of what has come.
pub struct Decoder {
    max_bytes: usize,
    searched: usize, // no line ends before that; else each piece would be searched from the start
}

impl Decoder {
    pub fn new(max_bytes: usize) -> Decoder {
        Decoder { max_bytes, searched: 0 }
    }

    /// The next message, if it is whole.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Bytes>, TooLong> {
        let end = input[self.searched..].iter().position(|&byte| byte == b'\n');
        let count = end.map_or(input.len(), |end| self.searched + end);
        if count > self.max_bytes {
            return Err(TooLong);
        }
        if end.is_none() {
            self.searched = count;
            return Ok(None);
        }
        self.searched = 0;
        let mut line = input.split_to(count + 1).freeze();
        line.truncate(count);
        if line.last() == Some(&b'\r') {
            line.truncate(count - 1);
        }
        Ok(Some(line))
    }
}

pub fn put(output: &mut Vec<u8>, message: &[u8]) {
    output.extend(message);
    output.push(b'\n');
}
{{/lines}}
{{#length}}
//! Messages are a length of four bytes, big-endian and without sign, and as many bytes.

use bytes::{Buf, Bytes, BytesMut};

const HEAD_BYTES: usize = 4;

/// Beyond the limit: what follows can't be told apart any more.
#[derive(Debug, PartialEq)]
pub struct TooLong;

/// Takes messages off the beginning of what has come.
pub struct Decoder {
    max_bytes: usize,
}

impl Decoder {
    pub fn new(max_bytes: usize) -> Decoder {
        Decoder { max_bytes }
    }

    /// The next message, if it is whole.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Bytes>, TooLong> {
        if input.len() < HEAD_BYTES {
            return Ok(None);
        }
        let count = (&input[..]).get_u32() as usize;
        if count > self.max_bytes {
            return Err(TooLong); // before any memory is taken for it
        }
        if input.len() - HEAD_BYTES < count {
            return Ok(None);
        }
        input.advance(HEAD_BYTES);
        Ok(Some(input.split_to(count).freeze()))
    }
}

pub fn put(output: &mut Vec<u8>, message: &[u8]) {
    output.extend((message.len() as u32).to_be_bytes()); // --max-message is far below that
    output.extend(message);
}
{{/length}}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of bytes that come in pieces of one, and whether they end with too much.
    fn decode(bytes: &[u8], max_bytes: usize) -> (Vec<Bytes>, bool) {
        let mut decoder = Decoder::new(max_bytes);
        let mut input = BytesMut::new();
        let mut messages = Vec::new();
        for byte in bytes {
            input.extend([byte]);
            match decoder.next(&mut input) {
                Ok(message) => messages.extend(message),
                Err(TooLong) => return (messages, true),
            }
        }
        (messages, false)
    }

    #[test]
    fn should_take_again_what_it_has_put() {
        let messages = [&b"ping"[..], b"", b"echo \xff\0", b"0123456789"];
        let mut bytes = Vec::new();
        messages.iter().for_each(|message| put(&mut bytes, message));

        assert_eq!(decode(&bytes, 10), (messages.map(Bytes::from_static).into(), false));

        let mut input = BytesMut::from(&bytes[..]); // all at once
        let mut decoder = Decoder::new(10);
        for message in messages {
            assert_eq!(decoder.next(&mut input), Ok(Some(Bytes::from_static(message))));
        }
        assert_eq!(decoder.next(&mut input), Ok(None));
        assert!(input.is_empty());
    }

    #[test]
    fn should_refuse_what_is_too_long_before_all_of_it_is_there() {
{{#lines}}
        assert_eq!(decode(b"0123456789", 10), (vec![], false));
        assert_eq!(decode(b"ok\n0123456789a", 10), (vec![Bytes::from_static(b"ok")], true));
{{/lines}}
{{#length}}
        assert_eq!(decode(&[0, 0, 0, 10, b'x'], 10), (vec![], false));
        assert_eq!(decode(&[0, 0, 0, 11], 10), (vec![], true));
        assert_eq!(decode(&[0xff, 0xff, 0xff, 0xff], 10), (vec![], true));
{{/length}}
    }
{{#lines}}

    #[test]
    fn should_leave_out_a_carriage_return_at_the_end_alone() {
        let (lines, _) = decode(b"a\r\n\r\nb\rc\n\r\r\n", 10);
        assert_eq!(lines, [&b"a"[..], b"", b"b\rc", b"\r"]);
    }
{{/lines}}
}
{{/tests}}
