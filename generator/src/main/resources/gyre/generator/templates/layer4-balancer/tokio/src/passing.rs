//! Passes bytes and ends on between two connections, in both directions at once.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::{sleep_until, Instant};

const BUFFER_BYTES: usize = 16 * 1024;

/// When something moved last, in either direction.
struct Activity {
    begin: Instant,
    last_millis: AtomicU64, // since it began; shared by futures of one task, so any order will do
}

impl Activity {
    fn new() -> Activity {
        Activity { begin: Instant::now(), last_millis: AtomicU64::new(0) }
    }

    fn moved(&self) {
        self.last_millis.store(self.begin.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Returns when nothing has moved for that long.
    async fn idle_for(&self, time: Duration) {
        loop {
            let last = Duration::from_millis(self.last_millis.load(Ordering::Relaxed));
            let due = self.begin + last + time;
            if due <= Instant::now() {
                return;
            }
            sleep_until(due).await;
        }
    }
}

/// Until both have ended. An error of either is one of both, and so is silence.
pub async fn pass_on(
    client: &mut TcpStream,
    server: &mut TcpStream,
    idle_timeout: Duration,
) -> io::Result<()> {
    let activity = Activity::new();
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let both = async {
        tokio::try_join!(
            copy(from_client, to_server, &activity),
            copy(from_server, to_client, &activity),
        )
    };
    tokio::select! {
        result = both => result.map(|_| ()),
        _ = activity.idle_for(idle_timeout) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// One direction, until its end, which is passed on. It reads no more before all is written, so
/// that a slow reader costs one buffer.
async fn copy(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    activity: &Activity,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = from.read(&mut buffer).await?;
        activity.moved();
        if count == 0 {
            return to.shutdown().await;
        }
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let sent = to.write(rest).await?;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            activity.moved();
            rest = &rest[sent..];
        }
    }
}
