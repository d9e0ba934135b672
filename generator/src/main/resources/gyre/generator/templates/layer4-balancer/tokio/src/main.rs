//! {{name}}: passes TCP connections on to several targets, on Tokio.

mod options;
mod passing;
mod program;
mod server;
mod targets;

use options::Options;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use targets::{Chosen, Targets};
use tokio::net::TcpStream;
use tokio::time::{timeout, Instant};

struct Balancer {
    targets: Targets,
    connect_timeout: Duration,
    idle_timeout: Duration,
    retry_after: Duration,
}

impl Balancer {
    fn new(options: &Options) -> Balancer {
        Balancer {
            targets: Targets::new(&options.targets),
            connect_timeout: options.connect_timeout,
            idle_timeout: options.idle_timeout,
            retry_after: options.retry_after,
        }
    }

    async fn serve(&self, mut client: TcpStream) {
        let Some((mut server, _chosen)) = self.connect().await else {
            return reset(client); // nobody is there to talk to
        };
        if passing::pass_on(&mut client, &mut server, self.idle_timeout).await.is_err() {
            reset(client); // a transfer that was cut must not look complete
            reset(server);
        }
    }

    /// Tries one target after the other.
    async fn connect(&self) -> Option<(TcpStream, Chosen)> {
        let mut tried = Vec::new();
        while let Some(chosen) = self.targets.choose(&tried, Instant::now()) {
            let connected = timeout(self.connect_timeout, TcpStream::connect(chosen.address)).await;
            match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok(server) => {
                    chosen.is_up();
                    let _ = server.set_nodelay(true);
                    return Some((server, chosen));
                }
                Err(error) => {
                    eprintln!("{{name}}: connect to {}: {error}", chosen.address);
                    if !is_ours(&error) {
                        chosen.is_down(self.retry_after);
                    }
                    tried.push(chosen.address);
                }
            }
        }
        None
    }
}

/// Whether we have run out of something, and the target can't be blamed.
fn is_ours(error: &io::Error) -> bool {
    server::is_shortage(error) || error.kind() == io::ErrorKind::AddrNotAvailable
}

fn reset(stream: TcpStream) {
    let _ = stream.set_linger(Some(Duration::ZERO));
}

async fn serve(options: Options) -> io::Result<ExitCode> {
    let balancer = Arc::new(Balancer::new(&options));
    server::run(&options, |client| {
        let balancer = balancer.clone();
        async move { balancer.serve(client).await }
    })
    .await
}

fn main() -> ExitCode {
    program::run(serve(Options::parse()))
}
