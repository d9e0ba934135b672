//! The server's side of RFC 6455, over bytes in memory: it knows neither sockets nor time.

use std::ops::RangeInclusive;

/// A head that is longer is refused.
pub const HEAD_BYTES_MAX: usize = 8192;

/// What stands before the payload of a client's frame at most.
pub const FRAME_HEAD_BYTES_MAX: usize = 14;

const CONTROL_PAYLOAD_BYTES_MAX: u64 = 125;

/// Codes of section 7.4.1 that a server says of itself.
pub mod close {
    pub const GOING_AWAY: u16 = 1001;
    pub const PROTOCOL_ERROR: u16 = 1002;
    pub const NOT_UTF8: u16 = 1007;
    pub const TOO_LONG: u16 = 1009;
}

// ---- the handshake

pub struct Answer {
    pub is_upgrade: bool,
    pub text: String,
}

/// How many bytes the head of the request has, with the empty line that ends it.
pub fn head_bytes(input: &[u8]) -> Option<usize> {
    let end = b"\r\n\r\n";
    input.windows(end.len()).position(|window| window == end).map(|at| at + end.len())
}

/// What the head of a request is answered.
pub fn answer_handshake(head: &[u8]) -> Answer {
    match accept(head) {
        Ok(accept) => Answer {
            is_upgrade: true,
            text: format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            ),
        },
        Err(status) => Answer {
            is_upgrade: false,
            text: format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        },
    }
}

const BAD_REQUEST: &str = "400 Bad Request";
const UPGRADE_REQUIRED: &str =
    "426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";

/// The answer to the client's key, or the status of the refusal.
fn accept(head: &[u8]) -> Result<String, &'static str> {
    let head = std::str::from_utf8(head).map_err(|_| BAD_REQUEST)?;
    let mut lines = head.split("\r\n");
    let request = lines.next().unwrap_or_default();
    if !request.starts_with("GET /") || !request.ends_with(" HTTP/1.1") {
        return Err(BAD_REQUEST);
    }
    let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    if only(&fields, "Host").is_none() {
        return Err(BAD_REQUEST);
    }
    let upgrades = has_word(&fields, "Upgrade", "websocket")
        && has_word(&fields, "Connection", "upgrade")
        && only(&fields, "Sec-WebSocket-Version") == Some("13");
    if !upgrades {
        return Err(UPGRADE_REQUIRED);
    }
    let key = only(&fields, "Sec-WebSocket-Key").filter(|key| is_key(key)).ok_or(BAD_REQUEST)?;
    Ok(base64(&sha1(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes())))
}

fn values<'a>(fields: &'a [(&str, &str)], name: &'a str) -> impl Iterator<Item = &'a str> {
    fields
        .iter()
        .filter(move |(each, _)| each.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// The value of a field that has to be there once.
fn only<'a>(fields: &'a [(&str, &str)], name: &'a str) -> Option<&'a str> {
    let mut all = values(fields, name);
    let first = all.next();
    first.filter(|_| all.next().is_none())
}

/// Whether a list, parted by commas and perhaps in several fields, has that word.
fn has_word(fields: &[(&str, &str)], name: &str, word: &str) -> bool {
    values(fields, name)
        .flat_map(|value| value.split(','))
        .any(|each| each.trim().eq_ignore_ascii_case(word))
}

/// Whether it is 16 bytes in base64.
fn is_key(text: &str) -> bool {
    text.len() == 24
        && text.ends_with("==")
        && text[..22].bytes().all(|byte| BASE64_DIGITS.contains(&byte))
}

const BASE64_DIGITS: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let three =
            [0, 1, 2].iter().fold(0, |all, &i| all << 8 | u32::from(*chunk.get(i).unwrap_or(&0)));
        for i in 0..4 {
            let digit = BASE64_DIGITS[(three >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Here it proves only that the server speaks WebSocket, and keeps no secret.
fn sha1(message: &[u8]) -> [u8; 20] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    let mut state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    for block in padded.chunks_exact(64) {
        hash_block(&mut state, block);
    }
    let mut digest = [0; 20];
    for (to, word) in digest.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

fn hash_block(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |all, &byte| all << 8 | u32::from(byte));
    }
    for i in 16..80 {
        words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (i, word) in words.iter().enumerate() {
        let (mixed, constant) = match i / 20 {
            0 => (b & c | !b & d, 0x5a827999),
            1 => (b ^ c ^ d, 0x6ed9eba1),
            2 => (b & c | b & d | c & d, 0x8f1bbcdc),
            _ => (b ^ c ^ d, 0xca62c1d6_u32),
        };
        let next = [mixed, e, constant, *word]
            .iter()
            .fold(a.rotate_left(5), |sum, &x| sum.wrapping_add(x));
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    for (to, value) in state.iter_mut().zip([a, b, c, d, e]) {
        *to = to.wrapping_add(value);
    }
}

// ---- frames

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn of(bits: u8) -> Option<Opcode> {
        use Opcode::*;
        [Continuation, Text, Binary, Close, Ping, Pong].into_iter().find(|each| *each as u8 == bits)
    }

    fn is_control(self) -> bool {
        self as u8 & 8 != 0
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub is_last: bool,
    pub opcode: Opcode,
    /// Where it was received, without its mask.
    pub payload: &'a [u8],
}

/// The frame at the beginning of what a client has sent, and how many bytes it takes; `None` if
/// it is not whole yet. What is wrong is told by the code to close with, as soon as the head shows
/// it: a length that is too long is refused before any of the payload is there.
///
/// A frame that is whole is unmasked in place: these bytes must not be parsed twice.
pub fn parse_frame(
    input: &mut [u8],
    payload_bytes_max: usize,
) -> Result<Option<(Frame<'_>, usize)>, u16> {
    let &mut [first, second, ..] = input else { return Ok(None) };
    let opcode = Opcode::of(first & 0xf).ok_or(close::PROTOCOL_ERROR)?;
    let is_last = first & 0x80 != 0;
    let is_masked = second & 0x80 != 0;
    let short = u64::from(second & 0x7f);
    if first & 0x70 != 0 || !is_masked {
        return Err(close::PROTOCOL_ERROR); // reserved bits belong to extensions: there are none
    }
    if opcode.is_control() && (!is_last || short > CONTROL_PAYLOAD_BYTES_MAX) {
        return Err(close::PROTOCOL_ERROR);
    }
    // Each form of a length is for those alone that the shorter form has no room for.
    let (length_bytes, allowed): (usize, RangeInclusive<u64>) = match short {
        126 => (2, 126..=0xffff),
        127 => (8, 0x1_0000..=i64::MAX as u64),
        _ => (0, 0..=125),
    };
    let Some(extended) = input.get(2..2 + length_bytes) else { return Ok(None) };
    let length = match length_bytes {
        0 => short,
        _ => extended.iter().fold(0, |all, &byte| all << 8 | u64::from(byte)),
    };
    if !allowed.contains(&length) {
        return Err(close::PROTOCOL_ERROR);
    }
    if !opcode.is_control() && length > payload_bytes_max as u64 {
        return Err(close::TOO_LONG);
    }
    let length = length as usize; // at most that maximum
    let begin = 2 + length_bytes + 4;
    let Some(masked) = input.get_mut(begin - 4..begin + length) else { return Ok(None) };
    let (mask, payload) = masked.split_at_mut(4);
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Ok(Some((Frame { is_last, opcode, payload }, begin + length)))
}

/// As a server sends it: whole, and without a mask.
pub fn write_frame(output: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    output.push(0x80 | opcode as u8);
    match payload.len() {
        count @ 0..=125 => output.push(count as u8),
        count @ 126..=0xffff => {
            output.push(126);
            output.extend((count as u16).to_be_bytes());
        }
        count => {
            output.push(127);
            output.extend((count as u64).to_be_bytes());
        }
    }
    output.extend(payload);
}

/// `None` for a close without a code.
pub fn write_close(output: &mut Vec<u8>, code: Option<u16>) {
    let payload = code.map(u16::to_be_bytes);
    write_frame(output, Opcode::Close, payload.as_ref().map_or(&[], |bytes| bytes));
}

/// What the payload of a close is answered: its own code, none if it has none, or the code of
/// what is wrong with it.
pub fn close_answer(payload: &[u8]) -> Option<u16> {
    match payload {
        [] => None,
        [_] => Some(close::PROTOCOL_ERROR),
        [high, low, reason @ ..] => match u16::from_be_bytes([*high, *low]) {
            code @ (1000..=1003 | 1007..=1014 | 3000..=4999) if is_utf8(reason) => Some(code),
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(close::NOT_UTF8),
            _ => Some(close::PROTOCOL_ERROR),
        },
    }
}

fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

// ---- messages

/// Puts frames of data together to messages. A message that is whole in one frame is not copied.
pub struct Messages {
    bytes_max: usize,
    opcode: Option<Opcode>, // of the message that has begun
    bytes: Vec<u8>,
}

impl Messages {
    pub fn new(bytes_max: usize) -> Messages {
        Messages { bytes_max, opcode: None, bytes: Vec::new() }
    }

    /// How long the payload of the next frame may be.
    pub fn room(&self) -> usize {
        self.bytes_max - self.bytes.len()
    }

    /// Takes a frame of data, and hands on the message that is whole by it. What is wrong is told
    /// by the code to close with.
    pub fn add(
        &mut self,
        frame: Frame<'_>,
        mut on_message: impl FnMut(Opcode, &[u8]),
    ) -> Result<(), u16> {
        debug_assert!(!frame.opcode.is_control() && frame.payload.len() <= self.room());
        let is_first = frame.opcode != Opcode::Continuation;
        if is_first == self.opcode.is_some() {
            return Err(close::PROTOCOL_ERROR); // a message within another one, or the rest of none
        }
        let opcode = self.opcode.unwrap_or(frame.opcode);
        if !frame.is_last {
            self.opcode = Some(opcode);
            self.bytes.extend(frame.payload);
            return Ok(());
        }
        self.opcode = None;
        let mut joined = std::mem::take(&mut self.bytes); // its memory goes with the message
        let message = if is_first {
            frame.payload
        } else {
            joined.extend(frame.payload);
            &joined
        };
        if opcode == Opcode::Text && !is_utf8(message) {
            return Err(close::NOT_UTF8);
        }
        on_message(opcode, message);
        Ok(())
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
                           Connection: keep-alive, Upgrade\r\n\
                           Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                           Sec-WebSocket-Version: 13\r\n\r\n";
    const MASK: [u8; 4] = [1, 2, 3, 200];

    /// As a client sends it.
    fn masked(head: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        write_frame(&mut frame, Opcode::Continuation, payload);
        let begin = frame.len() - payload.len();
        frame[0] = head;
        frame[1] |= 0x80;
        frame.splice(begin..begin, MASK);
        frame[begin + 4..]
            .iter_mut()
            .zip(MASK.iter().cycle())
            .for_each(|(byte, mask)| *byte ^= mask);
        frame
    }

    fn refusal(mut frame: Vec<u8>) -> u16 {
        parse_frame(&mut frame, 1000).expect_err("a wrong frame is taken")
    }

    /// What comes of frames: the messages, and the code it was closed with.
    fn messages(frames: &[Vec<u8>]) -> (Vec<(Opcode, Vec<u8>)>, Option<u16>) {
        let mut messages = Messages::new(10);
        let mut all = Vec::new();
        for frame in frames {
            let mut frame = frame.clone();
            let parsed = parse_frame(&mut frame, messages.room())
                .map(|frame| frame.expect("a whole frame").0);
            let added = parsed.and_then(|frame| {
                messages.add(frame, |opcode, bytes| all.push((opcode, bytes.to_vec())))
            });
            if let Err(code) = added {
                return (all, Some(code));
            }
        }
        (all, None)
    }

    #[test]
    fn should_hash_as_the_standard_says() {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&sha1(b"")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(hex(&sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(&sha1(two_blocks)), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    }

    #[test]
    fn should_encode_to_base64() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn should_answer_the_key_of_the_rfc() {
        let answer = answer_handshake(REQUEST.as_bytes());
        assert!(answer.is_upgrade);
        assert!(answer.text.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert_eq!(head_bytes(REQUEST.as_bytes()), Some(REQUEST.len()));
        assert_eq!(head_bytes(&REQUEST.as_bytes()[..REQUEST.len() - 1]), None);
    }

    #[test]
    fn should_refuse_what_is_no_upgrade() {
        for (from, to, status) in [
            ("GET", "POST", "400"),
            ("HTTP/1.1", "HTTP/1.0", "400"),
            ("Host: localhost\r\n", "", "400"),
            // Several fields of one name are one list.
            ("keep-alive, Upgrade", "UPGRADE\r\nConnection: close", "101"),
            ("dGhlIHNhbXBsZSBub25jZQ==", "short", "400"),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhl_HNhbXBsZSBub25jZQ==", "400"),
            ("Version: 13", "Version: 12", "426"),
            ("Upgrade: websocket", "Upgrade: h2c", "426"),
            ("keep-alive, Upgrade", "keep-alive", "426"),
        ] {
            let answer = answer_handshake(REQUEST.replace(from, to).as_bytes());
            assert!(
                answer.text.starts_with(&format!("HTTP/1.1 {status} ")),
                "{from}: {}",
                answer.text
            );
        }
    }

    #[test]
    fn should_parse_each_form_of_a_length_and_wait_for_what_is_missing() {
        for count in [0, 1, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..count).map(|i| i as u8).collect();
            let whole = masked(0x82, &payload);
            for cut in
                [0, 1, 2, 3, 5, 9, whole.len() - 1].into_iter().filter(|&cut| cut < whole.len())
            {
                assert_eq!(
                    parse_frame(&mut whole[..cut].to_vec(), 65_536),
                    Ok(None),
                    "{cut} of {count}"
                );
            }
            let mut input = whole.clone();
            input.push(0x81); // of the next one
            let frame = Frame { is_last: true, opcode: Opcode::Binary, payload: &payload };
            assert_eq!(parse_frame(&mut input, 65_536), Ok(Some((frame, whole.len()))));
        }
    }

    #[test]
    fn should_refuse_frames_that_break_the_protocol() {
        assert_eq!(refusal(vec![0x81, 1]), close::PROTOCOL_ERROR, "no mask");
        assert_eq!(refusal(masked(0xa1, b"x")), close::PROTOCOL_ERROR, "a reserved bit");
        assert_eq!(refusal(masked(0x83, b"x")), close::PROTOCOL_ERROR, "an unknown opcode");
        assert_eq!(refusal(masked(0x09, b"x")), close::PROTOCOL_ERROR, "a ping in fragments");
        assert_eq!(refusal(masked(0x89, &[0; 126])), close::PROTOCOL_ERROR, "a long ping");
        assert_eq!(
            refusal(vec![0x82, 0xfe, 0, 125]),
            close::PROTOCOL_ERROR,
            "a length in too many bytes"
        );
        assert_eq!(
            refusal(vec![0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            close::PROTOCOL_ERROR,
            "63 bits are too few"
        );
        assert_eq!(
            refusal(vec![0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0]),
            close::TOO_LONG,
            "said, and not sent"
        );
        assert_eq!(refusal(masked(0x82, &[0; 1001])), close::TOO_LONG);
    }

    #[test]
    fn should_put_fragments_together() {
        let umlaut = "ü".as_bytes();
        let frames = [
            masked(0x01, &umlaut[..1]),
            masked(0x00, &umlaut[1..]),
            masked(0x80, b"ber"),
            masked(0x82, b"x"),
        ];
        let expected = vec![(Opcode::Text, "über".into()), (Opcode::Binary, b"x".to_vec())];
        assert_eq!(messages(&frames), (expected, None));
    }

    #[test]
    fn should_refuse_messages_that_are_none() {
        for (frames, code) in [
            (vec![masked(0x80, b"more than ten")], close::TOO_LONG),
            (vec![masked(0x80, b"of nothing")], close::PROTOCOL_ERROR),
            (vec![masked(0x01, b"a"), masked(0x81, b"b")], close::PROTOCOL_ERROR),
            (vec![masked(0x02, b"123456"), masked(0x80, b"78901")], close::TOO_LONG),
            (vec![masked(0x81, &[0xed, 0xa0, 0x80])], close::NOT_UTF8),
            (vec![masked(0x01, &[0xc3]), masked(0x80, b"")], close::NOT_UTF8),
        ] {
            assert_eq!(messages(&frames), (vec![], Some(code)), "{frames:x?}");
        }
    }

    #[test]
    fn should_answer_a_close_by_its_code_or_by_what_is_wrong() {
        for (payload, answer) in [
            (&b""[..], None),
            (&[3], Some(close::PROTOCOL_ERROR)),
            (&[3, 0xe8], Some(1000)),
            (&[3, 0xed], Some(close::PROTOCOL_ERROR)), // 1005 stands for none
            (&[0x0b, 0xb8, b'o', b'k'], Some(3000)),
            (&[3, 0xe8, 0xff], Some(close::NOT_UTF8)),
        ] {
            assert_eq!(close_answer(payload), answer, "{payload:x?}");
            let mut frame = Vec::new();
            write_close(&mut frame, answer);
            assert_eq!(frame[..2], [0x88, if answer.is_some() { 2 } else { 0 }]);
        }
    }
}
{{/tests}}
