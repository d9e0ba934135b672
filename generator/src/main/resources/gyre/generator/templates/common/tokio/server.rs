//! A TCP server on Tokio: it accepts, keeps the limit, and ends. What is spoken is its handler's.

{{#metrics}}
use crate::metrics;
{{/metrics}}
use crate::options::Options;
use crate::program::Stops;
use std::future::Future;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
{{#layer4_balancer}}
use tokio::sync::Semaphore;
{{/layer4_balancer}}
{{^layer4_balancer}}
use tokio::sync::{watch, Semaphore};
{{/layer4_balancer}}
use tokio::time::sleep;

const PAUSE: Duration = Duration::from_millis(100);

{{^layer4_balancer}}
/// Tells a connection that the server ends.
#[derive(Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Returns once the server ends. Cancel safe: it may be dropped and called again.
    pub async fn wait(&mut self) {
        while !*self.0.borrow_and_update() {
            if self.0.changed().await.is_err() {
                return; // not even the server is there any more
            }
        }
    }
}

{{/layer4_balancer}}
/// Serves each connection by a task of its own, until SIGTERM or SIGINT and the end of all.
pub async fn run<H, F>(options: &Options, handler: H) -> io::Result<ExitCode>
where
{{#layer4_balancer}}
    H: Fn(TcpStream) -> F,
{{/layer4_balancer}}
{{^layer4_balancer}}
    H: Fn(TcpStream, Stopping) -> F,
{{/layer4_balancer}}
    F: Future<Output = ()> + Send + 'static,
{
    let mut stops = Stops::new()?;
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
{{^layer4_balancer}}
    let (stop, stopping) = watch::channel(false);
    let handler = |stream| handler(stream, Stopping(stopping.clone()));
{{/layer4_balancer}}
    tokio::select! {
        _ = accept_all(&listener, &places, handler) => {}
        _ = stops.next() => {}
    }
    drop(listener);
{{^layer4_balancer}}
    stop.send_replace(true);
{{/layer4_balancer}}
    drain(options, &places, &mut stops).await
}

async fn accept_all<H, F>(listener: &TcpListener, places: &Arc<Semaphore>, handler: H)
where
    H: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let Ok(place) = places.clone().try_acquire_owned() else {
{{#metrics}}
                    metrics::REFUSED.add(1);
{{/metrics}}
                    continue; // too many: this one is closed
                };
                let _ = stream.set_nodelay(true);
{{#metrics}}
                metrics::OPENED.add(1);
{{/metrics}}
                let served = handler(stream);
                tokio::spawn(async move {
                    served.await;
{{#metrics}}
                    metrics::CLOSED.add(1);
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

/// All places are free again when all connections have ended.
async fn drain(options: &Options, places: &Semaphore, stops: &mut Stops) -> io::Result<ExitCode> {
    let open = || options.max_connections - places.available_permits();
    eprintln!("{{name}}: draining {} connections", open());
    let all = u32::try_from(options.max_connections).unwrap_or(u32::MAX);
    tokio::select! {
        _ = places.acquire_many(all) => Ok(ExitCode::SUCCESS),
        _ = sleep(options.drain_timeout) => {
            eprintln!("{{name}}: {} connections did not end in time", open());
            Ok(ExitCode::FAILURE)
        }
        _ = stops.next() => Ok(ExitCode::FAILURE), // asked twice
    }
}

/// Whether the system is short of something that comes back when connections end.
pub fn is_shortage(error: &io::Error) -> bool {
    const ENOMEM: i32 = 12;
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const ENOBUFS: i32 = 105;
    matches!(error.raw_os_error(), Some(ENOMEM | ENFILE | EMFILE | ENOBUFS))
}
