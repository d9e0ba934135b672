//! {{name}}: a TCP echo server on Tokio.

{{#metrics}}
mod metrics;
{{/metrics}}
mod options;

use options::Options;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{signal, Signal, SignalKind};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

const BUFFER_BYTES: usize = 16 * 1024;
const PAUSE: Duration = Duration::from_millis(100);

/// Sends back what comes, until the peer has ended or nothing moves for too long.
async fn echo(mut stream: TcpStream, idle: Duration) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = timeout(idle, stream.read(&mut buffer)).await??;
{{#metrics}}
        metrics::RECEIVED_BYTES.add(count);
{{/metrics}}
        if count == 0 {
            return timeout(idle, stream.shutdown()).await?;
        }
        send(&mut stream, &buffer[..count], idle).await?;
    }
}

/// The time-out is for each piece that the peer takes, not for all of them.
async fn send(stream: &mut TcpStream, mut bytes: &[u8], idle: Duration) -> io::Result<()> {
    while !bytes.is_empty() {
        let sent = timeout(idle, stream.write(bytes)).await??;
        if sent == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
{{#metrics}}
        metrics::SENT_BYTES.add(sent);
{{/metrics}}
        bytes = &bytes[sent..];
    }
    Ok(())
}

/// Whether the system is short of something that comes back when connections end.
fn is_shortage(error: &io::Error) -> bool {
    const ENOMEM: i32 = 12;
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const ENOBUFS: i32 = 105;
    matches!(error.raw_os_error(), Some(ENOMEM | ENFILE | EMFILE | ENOBUFS))
}

async fn accept_all(listener: &TcpListener, places: &Arc<Semaphore>, idle: Duration) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let Ok(place) = places.clone().try_acquire_owned() else {
{{#metrics}}
                    metrics::REFUSED.add(1);
{{/metrics}}
                    continue; // too many: this one is closed
                };
{{#metrics}}
                metrics::OPENED.add(1);
{{/metrics}}
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
{{#metrics}}
                    if echo(stream, idle).await.is_err() {
                        metrics::FAILED.add(1); // whatever it was, this one connection has ended
                    }
                    metrics::CLOSED.add(1);
{{/metrics}}
{{^metrics}}
                    let _ = echo(stream, idle).await; // whatever it was, this one connection has ended
{{/metrics}}
                    drop(place);
                });
            }
            Err(error) if is_shortage(&error) => {
                eprintln!("{{name}}: accept: {error}; pausing for {} ms", PAUSE.as_millis());
                sleep(PAUSE).await;
            }
            Err(_) => {} // of a connection that has gone meanwhile
        }
    }
}

struct Stops {
    term: Signal,
    interrupt: Signal,
}

impl Stops {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn run(options: Options) -> io::Result<ExitCode> {
    let mut stops = Stops {
        term: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    let listener = TcpListener::bind(options.listen).await?;
    println!("listening on {}", listener.local_addr()?);
{{#metrics}}
    if let Some(address) = options.metrics {
        let page = TcpListener::bind(address).await?;
        println!("metrics on {}", page.local_addr()?);
        tokio::spawn(metrics::serve(page));
    }
{{/metrics}}
    let places = Arc::new(Semaphore::new(options.max_connections));
    tokio::select! {
        _ = accept_all(&listener, &places, options.idle_timeout) => {}
        _ = stops.next() => {}
    }
    drop(listener);
    eprintln!(
        "{{name}}: draining {} connections",
        options.max_connections - places.available_permits()
    );
    let all = u32::try_from(options.max_connections).unwrap_or(u32::MAX);
    tokio::select! {
        _ = places.acquire_many(all) => Ok(ExitCode::SUCCESS),
        _ = sleep(options.drain_timeout) => {
            let left = options.max_connections - places.available_permits();
            eprintln!("{{name}}: {left} connections did not end in time");
            Ok(ExitCode::FAILURE)
        }
        _ = stops.next() => Ok(ExitCode::FAILURE), // asked twice
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = runtime.and_then(|runtime| {
        let result = runtime.block_on(run(options));
        runtime.shutdown_background(); // who did not end in time is not waited for
        result
    });
    result.unwrap_or_else(|error| {
        eprintln!("{{name}}: {error}");
        ExitCode::FAILURE
    })
}
