//! One connection: what it has received and not sent back yet.

use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Instant;

const BUFFER_BYTES: usize = 16 * 1024;

/// After so many rounds the others come first.
const ROUNDS: usize = 16;

pub struct Connection {
    pub stream: TcpStream,
    pub last_use: Instant,
    buffer: Box<[u8]>,
    begin: usize,
    end: usize,
}

pub enum Served {
    /// An event will tell when there is something to do.
    Waits,
    /// There is more to do, and no event will tell.
    Unfinished,
    Ended,
}

impl Connection {
    pub fn new(stream: TcpStream, now: Instant) -> Connection {
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Connection { stream, last_use: now, buffer, begin: 0, end: 0 }
    }

    /// Sends back what comes, until one of both would block.
    pub fn serve(&mut self) -> io::Result<Served> {
        for _ in 0..ROUNDS {
            if self.begin == self.end {
                match retry(|| self.stream.read(&mut self.buffer)) {
                    Ok(0) => return Ok(Served::Ended), // and all before it has been sent back
                    Ok(count) => (self.begin, self.end) = (0, count),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Served::Waits),
                    Err(error) => return Err(error),
                }
            }
            match retry(|| self.stream.write(&self.buffer[self.begin..self.end])) {
                Ok(count) => self.begin += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Served::Waits),
                Err(error) => return Err(error),
            }
        }
        Ok(Served::Unfinished)
    }
}

fn retry(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
