//! Bounded mpsc channels within a runtime and between two, `select!` over four, and the mutex.

use lab::{message, now_nanos, Operations};
use std::thread;
use tokio::sync::mpsc::{channel, unbounded_channel, Receiver, Sender, UnboundedSender};
use tokio::sync::Mutex;
use tokio::task::LocalSet;

const CAPACITY: usize = 1024;

async fn send_all(sender: Sender<u64>, count: u64) {
    for i in 0..count {
        let _ = sender.send(message(i)).await;
    }
}

async fn receive_all(mut receiver: Receiver<u64>, begin: u64, count: u64) -> Operations {
    let (mut received, mut errors) = (0, 0);
    while let Some(item) = receiver.recv().await {
        errors += u64::from(item != message(received));
        received += 1;
    }
    Operations { elapsed: now_nanos() - begin, errors: errors + count.abs_diff(received) }
}

async fn within(count: u64) -> Operations {
    let (sender, receiver) = channel(CAPACITY);
    let begin = now_nanos();
    tokio::task::spawn_local(send_all(sender, count));
    receive_all(receiver, begin, count).await
}

/// Another runtime on a thread of its own, which sends what it is told to; lives as long as the process.
fn far() -> UnboundedSender<(Sender<u64>, u64)> {
    let (orders, mut told) = unbounded_channel();
    thread::spawn(move || {
        lab::place(true);
        crate::runtime().block_on(async {
            while let Some((sender, count)) = told.recv().await {
                send_all(sender, count).await;
            }
        })
    });
    orders
}

async fn between(far: &UnboundedSender<(Sender<u64>, u64)>, count: u64) -> Operations {
    let (sender, receiver) = channel(CAPACITY);
    let begin = now_nanos();
    let _ = far.send((sender, count));
    receive_all(receiver, begin, count).await
}

/// All four can be received from at any time: what comes out of one goes back into it.
async fn select(count: u64) -> Operations {
    let (s0, mut r0) = channel(1);
    let (s1, mut r1) = channel(1);
    let (s2, mut r2) = channel(1);
    let (s3, mut r3) = channel(1);
    for sender in [&s0, &s1, &s2, &s3] {
        let _ = sender.send(1u64).await;
    }
    let (begin, mut errors) = (now_nanos(), 0);
    for _ in 0..count {
        let (sender, item) = tokio::select! {
            item = r0.recv() => (&s0, item),
            item = r1.recv() => (&s1, item),
            item = r2.recv() => (&s2, item),
            item = r3.recv() => (&s3, item),
        };
        errors += u64::from(item != Some(1));
        let _ = sender.send(1).await;
    }
    Operations { elapsed: now_nanos() - begin, errors }
}

async fn mutex(count: u64) -> Operations {
    let mutex = Mutex::new(0);
    let begin = now_nanos();
    for _ in 0..count {
        *mutex.lock().await += 1;
    }
    let elapsed = now_nanos() - begin;
    Operations { elapsed, errors: count.abs_diff(mutex.into_inner()) }
}

fn unknown(variant: &str) -> ! {
    lab::quit(lab::USAGE, &format!("no variant '{variant}'"))
}

pub fn main(options: lab::Options) {
    lab::operations_main("channels", options, |variant| {
        let variant = variant.to_string();
        let runtime = crate::runtime();
        if variant == "between" {
            lab::place(false);
        }
        let far = (variant == "between").then(far);
        move |count| match (variant.as_str(), &far) {
            ("within", _) => LocalSet::new().block_on(&runtime, within(count)),
            ("between", Some(far)) => runtime.block_on(between(far, count)),
            ("select4", _) => runtime.block_on(select(count)),
            (other, _) => unknown(other),
        }
    });
}

pub fn locks(options: lab::Options) {
    lab::operations_main("locks", options, |variant| {
        if variant != "mutex" {
            unknown(variant);
        }
        let runtime = crate::runtime();
        move |count| runtime.block_on(mutex(count))
    });
}
