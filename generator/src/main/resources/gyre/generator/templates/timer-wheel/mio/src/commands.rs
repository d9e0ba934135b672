//! Lines that set and cancel timers, and the timers by their names. Time comes from outside.

use crate::wheel::{Key, Wheel};
use std::collections::HashMap;
use std::io::{self, Write};
use std::rc::Rc;

/// With the end of the line.
const LINE_BYTES_MAX: usize = 256;
const ID_BYTES_MAX: usize = 200;
const MILLIS_MAX: u64 = 30 * 24 * 3600 * 1000;

#[derive(Debug, PartialEq, Eq)]
enum Command<'a> {
    Set { id: &'a str, millis: u64 },
    Cancel { id: &'a str },
}

fn parse(line: &[u8]) -> Option<Command<'_>> {
    let line = std::str::from_utf8(line).ok()?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_id = |id: &str| id.len() <= ID_BYTES_MAX;
    match words[..] {
        ["cancel", id] if is_id(id) => Some(Command::Cancel { id }),
        ["set", id, millis] if is_id(id) && millis.bytes().all(|byte| byte.is_ascii_digit()) => {
            let millis = millis.parse().ok().filter(|&millis| millis <= MILLIS_MAX)?;
            Some(Command::Set { id, millis })
        }
        _ => None,
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    GoesOn,
    /// A line is too long; where the next one begins can't be told.
    IsWrong,
}

pub struct Timers {
    wheel: Wheel<Rc<str>>,
    keys: HashMap<Rc<str>, Key>,
    max_timers: usize,
    line: Vec<u8>, // what has come of the next one
}

impl Timers {
    pub fn new(max_timers: usize) -> Timers {
        Timers { wheel: Wheel::new(), keys: HashMap::new(), max_timers, line: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.wheel.len()
    }

    pub fn is_empty(&self) -> bool {
        self.wheel.is_empty()
    }

    /// A time at which something may be due, not later than the next timer's.
    pub fn next_millis(&self) -> Option<u64> {
        self.wheel.next_millis()
    }

    /// Takes lines as they come, whatever the pieces. The clock is asked for each timer: if time
    /// went on while a piece was read, none may fire too early by that.
    pub fn on_input(
        &mut self,
        piece: &[u8],
        clock_millis: impl Fn() -> u64,
        out: &mut impl Write,
    ) -> io::Result<Input> {
        for part in piece.split_inclusive(|&byte| byte == b'\n') {
            if self.line.len() + part.len() > LINE_BYTES_MAX {
                writeln!(out, "error line too long, the rest is not read")?;
                return Ok(Input::IsWrong);
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.on_line(&line, &clock_millis, out)?;
            }
        }
        Ok(Input::GoesOn)
    }

    fn on_line(
        &mut self,
        line: &[u8],
        clock_millis: impl Fn() -> u64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        match parse(line) {
            // A millisecond that has begun does not count.
            Some(Command::Set { id, millis }) => self.set(id, clock_millis() + 1 + millis, out),
            Some(Command::Cancel { id }) => self.cancel(id, out),
            None => writeln!(out, "error expected set ID MILLIS or cancel ID"),
        }
    }

    fn set(&mut self, id: &str, due_millis: u64, out: &mut impl Write) -> io::Result<()> {
        if let Some(&key) = self.keys.get(id) {
            self.wheel.set_again(key, due_millis);
        } else if self.wheel.len() == self.max_timers {
            writeln!(out, "error too many timers")?;
        } else {
            let id: Rc<str> = id.into();
            let key = self.wheel.set(id.clone(), due_millis);
            self.keys.insert(id, key);
        }
        Ok(())
    }

    fn cancel(&mut self, id: &str, out: &mut impl Write) -> io::Result<()> {
        match self.keys.remove(id) {
            Some(key) => {
                self.wheel.cancel(key);
                Ok(())
            }
            None => writeln!(out, "error no timer {id}"),
        }
    }

    pub fn fire(&mut self, now_millis: u64, out: &mut impl Write) -> io::Result<()> {
        while let Some(id) = self.wheel.take(now_millis) {
            self.keys.remove(&id);
            writeln!(out, "fired {id}")?;
        }
        Ok(())
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said to some input at time 0, and what then fires in 1,000 ms.
    fn said(input: &[u8], piece_bytes: usize) -> (String, Input) {
        let mut timers = Timers::new(2);
        let mut out = Vec::new();
        let mut last = Input::GoesOn;
        for piece in input.chunks(piece_bytes) {
            last = timers.on_input(piece, || 0, &mut out).unwrap();
            if last == Input::IsWrong {
                break;
            }
        }
        timers.fire(1000, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), last)
    }

    #[test]
    fn should_take_commands_in_any_pieces() {
        let input = b"set b 20\nset a 10\nset c 5\ncancel b\nset c 30\nset a 40\ncancel b\n";
        for piece_bytes in [1, 2, 7, input.len()] {
            let expected = "error too many timers\nerror no timer b\nfired c\nfired a\n";
            assert_eq!(said(input, piece_bytes), (expected.to_string(), Input::GoesOn));
        }
    }

    #[test]
    fn should_not_fire_before_the_time() {
        let mut timers = Timers::new(1);
        let mut out = Vec::new();
        timers.on_input(b"set a 100\n", || 50, &mut out).unwrap();
        timers.fire(150, &mut out).unwrap();
        assert!(out.is_empty(), "it was set within the 50th millisecond");
        timers.fire(151, &mut out).unwrap();
        assert_eq!(out, b"fired a\n");
    }

    #[test]
    fn should_refuse_wrong_lines() {
        let long = format!("cancel {}", "x".repeat(ID_BYTES_MAX + 1));
        for line in [
            "",
            "set",
            "set a",
            "set a b",
            "set a -1",
            "set a +1",
            "set a 2592000001",
            "cancel",
            "cancel a b",
            "nonsense",
            &long,
        ] {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
        assert_eq!(parse(b" set  a\t5 \r\n"), Some(Command::Set { id: "a", millis: 5 }));
        assert_eq!(parse(b"cancel \xff"), None);
    }

    #[test]
    fn should_give_up_input_whose_lines_do_not_end() {
        let (out, input) = said(&[b'x'; LINE_BYTES_MAX + 1], 10);
        assert_eq!(
            (&out[..], input),
            ("error line too long, the rest is not read\n", Input::IsWrong)
        );
    }
}
{{/tests}}
