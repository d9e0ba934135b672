//! A connection with its buffers: what has come and is not taken yet, and what goes out.

{{#metrics}}
use crate::metrics;
{{/metrics}}
use bytes::BytesMut;
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

const PIECE_BYTES: usize = 16 * 1024;
const ENDING: Duration = Duration::from_secs(5);

pub struct Connection {
    stream: TcpStream,
    idle_timeout: Duration,
    pub input: BytesMut,
    pub output: Vec<u8>,
}

impl Connection {
    pub fn new(stream: TcpStream, idle_timeout: Duration) -> Connection {
        Connection { stream, idle_timeout, input: BytesMut::new(), output: Vec::new() }
    }

    /// Waits for input; false if the peer has ended its side. Who calls it has taken what is
    /// whole, and so bounds the buffer. Cancel safe: what has been read is in the buffer.
    pub async fn receive(&mut self) -> io::Result<bool> {
        if self.input.is_empty() {
            self.input = BytesMut::new(); // an idle connection owns no buffers
        }
        loop {
            self.stream.readable().await?;
            self.input.reserve(PIECE_BYTES);
            match self.stream.try_read_buf(&mut self.input) {
{{#metrics}}
                Ok(count) => {
                    metrics::RECEIVED_BYTES.add(count);
                    return Ok(count > 0);
                }
{{/metrics}}
{{^metrics}}
                Ok(count) => return Ok(count > 0),
{{/metrics}}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends all output. The time-out is for each piece that the peer takes, not for all of them.
    pub async fn flush(&mut self) -> io::Result<()> {
        let mut rest = &self.output[..];
        while !rest.is_empty() {
            let sent = timeout(self.idle_timeout, self.stream.write(rest)).await??;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
{{#metrics}}
            metrics::SENT_BYTES.add(sent);
{{/metrics}}
            rest = &rest[sent..];
        }
        self.output = Vec::new();
        Ok(())
    }

    /// Sends all output, and ends. What comes meanwhile is dropped: a socket that is closed while
    /// there is something to be read resets the connection, and the peer may lose the last answer.
    pub async fn end(mut self) -> io::Result<()> {
        self.flush().await?;
        self.stream.shutdown().await?;
        let _ = timeout(ENDING, async {
            while let Ok(true) = self.receive().await {
                self.input.clear();
            }
        })
        .await;
        Ok(())
    }
}
