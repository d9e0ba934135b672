//! Counters of the program, and the page that tells them to Prometheus, at an address of its own.

use std::collections::VecDeque;
use std::fmt::Write;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

const SCRAPES_MAX: usize = 8;
const REQUEST_BYTES_MAX: usize = 2048;
const PAUSE: Duration = Duration::from_millis(100);

/// Only goes up.
pub struct Counter(AtomicU64);

impl Counter {
    const fn new() -> Counter {
        Counter(AtomicU64::new(0))
    }

    pub fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Relaxed); // it orders nothing
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

pub static OPENED: Counter = Counter::new();
pub static CLOSED: Counter = Counter::new();
pub static REFUSED: Counter = Counter::new();
pub static FAILED: Counter = Counter::new();
pub static RECEIVED_BYTES: Counter = Counter::new();
pub static SENT_BYTES: Counter = Counter::new();

/// Serves the page for ever. Nobody is waited for: who has not asked to an end by the time that
/// eight others have come gives way to them.
pub async fn serve(listener: TcpListener) {
    let mut scrapes: VecDeque<JoinHandle<()>> = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await; // short of descriptors, which come back
            continue;
        };
        if scrapes.len() == SCRAPES_MAX {
            if let Some(oldest) = scrapes.pop_front() {
                oldest.abort(); // if it has not ended long ago
            }
        }
        scrapes.push_back(tokio::spawn(async move {
            let _ = answer(stream).await; // who has gone is not told
        }));
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if request.len() > REQUEST_BYTES_MAX || stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let (status, page) = match request.starts_with(b"GET /metrics ") {
        true => ("200 OK", page()),
        false => ("404 Not Found", String::new()),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// In the text format of Prometheus.
fn page() -> String {
    let closed = CLOSED.get(); // first: never are more closed than opened
    let opened = OPENED.get();
    let mut page = String::new();
    let mut add = |name: &str, kind: &str, help: &str, value: u64| {
        let name = format!("{{name_}}_{name}");
        writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}")
            .expect("a string takes what is written");
    };
    add("connections_open", "gauge", "Connections that are open now.", opened.saturating_sub(closed));
    add("connections_total", "counter", "Connections that were opened.", opened);
    add("refused_total", "counter", "Connections that were one too many.", REFUSED.get());
    let failures = "Connections that ended by a failure or a time-out.";
    add("failures_total", "counter", failures, FAILED.get());
    add("received_bytes_total", "counter", "Bytes that came from peers.", RECEIVED_BYTES.get());
    add("sent_bytes_total", "counter", "Bytes that went to peers.", SENT_BYTES.get());
    page
}
