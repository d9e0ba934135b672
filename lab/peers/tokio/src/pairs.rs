//! A task per pair that reads and passes on; with timeouts, each read within `tokio::time::timeout`.

use lab::Pairs;
use std::os::unix::io::{FromRawFd, RawFd};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncReadExt, Interest};
use tokio::net::UnixStream;
use tokio::sync::Notify;

async fn pass_on(pairs: &'static Pairs, i: usize, over: Arc<Notify>) {
    let stream = unsafe { std::os::unix::net::UnixStream::from_raw_fd(pairs.readers[i]) };
    let mut stream = UnixStream::from_std(stream).expect("stream");
    let mut bytes = [0; 16]; // larger than a message: a short read tells Tokio that no more is there
    loop {
        let read = match &pairs.timeout_nanos {
            None => stream.read(&mut bytes).await,
            Some(nanos) => match tokio::time::timeout(Duration::from_nanos(nanos[i]), stream.read(&mut bytes)).await {
                Ok(read) => read,
                Err(_) => return pairs.error(),
            },
        };
        let read = read.unwrap_or(0);
        if read == 0 {
            pairs.error();
        }
        // More than one when the scheduler let a byte catch up with the one before.
        for byte in &bytes[..read] {
            pairs.received(std::slice::from_ref(byte));
            pairs.pass_on(i);
        }
        if pairs.over() {
            over.notify_one();
        }
    }
}

pub fn events(options: lab::Options) {
    lab::events_main(options, |pairs| {
        let runtime = crate::runtime();
        let over = Arc::new(Notify::new());
        for i in 0..pairs.count() {
            runtime.spawn(pass_on(pairs, i, over.clone()));
        }
        move || runtime.block_on(over.notified())
    });
}

async fn once(pairs: &'static Pairs, i: usize, over: Arc<Notify>) {
    let fd = AsyncFd::<RawFd>::with_interest(pairs.readers[i], Interest::READABLE).expect("registered");
    let mut byte = [0u8; 1];
    let read = loop {
        let mut guard = fd.readable().await.expect("readable");
        let read = guard.try_io(|fd| match unsafe { libc::recv(*fd.get_ref(), byte.as_mut_ptr().cast(), 1, 0) } {
            n if n >= 0 => Ok(n as usize),
            _ => Err(std::io::Error::last_os_error()),
        });
        if let Ok(read) = read {
            break read;
        }
    };
    pairs.received(&byte[..read.unwrap_or(0)]);
    if i + 1 < pairs.count() {
        pairs.write(i + 1);
    }
    if pairs.all_read() {
        over.notify_one();
    }
}

pub fn cascade(options: lab::Options) {
    lab::cascade_main(options, |pairs| {
        let runtime = crate::runtime();
        let over = Arc::new(Notify::new());
        move || {
            runtime.block_on(async {
                let tasks: Vec<_> = (0..pairs.count()).map(|i| tokio::spawn(once(pairs, i, over.clone()))).collect();
                tokio::task::yield_now().await; // every task waits now
                pairs.write(0);
                over.notified().await;
                for task in tasks {
                    let _ = task.await;
                }
            })
        }
    });
}
