//! What is done with messages: each goes back as it came.

use crate::connection::{Conversation, Reply};
use crate::websocket::{self, close, Frame, Messages, Opcode, HEAD_BYTES_MAX};

#[derive(PartialEq, Eq)]
enum State {
    Handshake,
    Open,
}

pub struct Echo {
    state: State, // an end is the reply's
    messages: Messages,
}

impl Echo {
    pub fn new(message_bytes_max: usize) -> Echo {
        Echo { state: State::Handshake, messages: Messages::new(message_bytes_max) }
    }

    /// How many bytes the request has, if it is whole. One that is too long is no request.
    fn shake_hands(&mut self, input: &[u8], reply: &mut Reply) -> usize {
        let head = &input[..input.len().min(HEAD_BYTES_MAX)];
        let bytes = match websocket::head_bytes(head) {
            None if head.len() < HEAD_BYTES_MAX => return 0,
            None => 0,
            Some(bytes) => bytes,
        };
        let answer = websocket::answer_handshake(&head[..bytes]);
        reply.output.extend_from_slice(answer.text.as_bytes());
        reply.ending = !answer.is_upgrade;
        self.state = State::Open;
        bytes
    }

    fn on_frame(&mut self, frame: Frame<'_>, reply: &mut Reply) -> Result<(), u16> {
        match frame.opcode {
            Opcode::Ping => websocket::write_frame(&mut reply.output, Opcode::Pong, frame.payload),
            Opcode::Pong => {}
            Opcode::Close => end(websocket::close_answer(frame.payload), reply),
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                return self.messages.add(frame, |opcode, message| {
                    websocket::write_frame(&mut reply.output, opcode, message);
                });
            }
        }
        Ok(())
    }
}

impl Conversation for Echo {
    fn on_input(&mut self, input: &mut [u8], reply: &mut Reply) -> usize {
        let mut taken = 0;
        if self.state == State::Handshake {
            taken = self.shake_hands(input, reply);
        }
        while self.state == State::Open && reply.takes_input() {
            let frame = websocket::parse_frame(&mut input[taken..], self.messages.room());
            let done = match frame {
                Ok(Some((frame, bytes))) => {
                    taken += bytes;
                    self.on_frame(frame, reply)
                }
                Ok(None) => break,
                Err(code) => Err(code),
            };
            if let Err(code) = done {
                end(Some(code), reply);
            }
        }
        taken
    }

    fn on_stop(&mut self, reply: &mut Reply) {
        if self.state == State::Open {
            end(Some(close::GOING_AWAY), reply);
        }
    }
}

fn end(code: Option<u16>, reply: &mut Reply) {
    websocket::write_close(&mut reply.output, code);
    reply.ending = true;
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n\
                             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    /// What comes of some input in pieces of that size, and whether it has ended.
    fn said(input: &[u8], piece_bytes: usize) -> (Vec<u8>, bool) {
        let mut echo = Echo::new(100);
        let mut reply = Reply::new(1000);
        let mut waiting = Vec::new();
        for piece in input.chunks(piece_bytes) {
            waiting.extend_from_slice(piece);
            let taken = echo.on_input(&mut waiting, &mut reply);
            waiting.drain(..taken);
        }
        (reply.output, reply.ending)
    }

    #[test]
    fn should_answer_frames_that_come_with_the_request_in_any_pieces() {
        let ping = [0x89, 0x81, 1, 1, 1, 1, b'a' ^ 1];
        let text = [0x81, 0x82, 2, 2, 2, 2, b'h' ^ 2, b'i' ^ 2];
        let close = [0x88, 0x82, 0, 0, 0, 0, 3, 0xe8];
        let input = [REQUEST, &ping, &text, &close, &text].concat();
        for piece_bytes in [1, 2, 3, 7, input.len()] {
            let (output, ending) = said(&input, piece_bytes);
            let frames = [0x8a, 1, b'a', 0x81, 2, b'h', b'i', 0x88, 2, 3, 0xe8];
            assert!(ending && output.starts_with(b"HTTP/1.1 101 ") && output.ends_with(&frames));
        }
    }

    #[test]
    fn should_refuse_a_head_that_does_not_end() {
        let head = [b'x'; HEAD_BYTES_MAX];
        assert_eq!(said(&head[1..], 1000), (vec![], false));
        let (output, ending) = said(&head, 1000);
        assert!(ending && output.starts_with(b"HTTP/1.1 400 "));
    }

    #[test]
    fn should_say_why_it_closes() {
        let (output, ending) = said(&[REQUEST, &[0x81, 1]].concat(), 50);
        assert!(ending && output.ends_with(&[0x88, 2, 3, 0xea]), "no mask: 1002");
        let mut echo = Echo::new(100);
        let mut reply = Reply::new(1000);
        echo.on_stop(&mut reply);
        assert!(reply.output.is_empty() && !reply.ending, "there is no WebSocket yet");
        echo.on_input(&mut REQUEST.to_vec(), &mut reply);
        echo.on_stop(&mut reply);
        assert!(reply.ending && reply.output.ends_with(&[0x88, 2, 3, 0xe9]), "1001");
    }
}
{{/tests}}
