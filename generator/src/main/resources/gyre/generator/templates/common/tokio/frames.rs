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
