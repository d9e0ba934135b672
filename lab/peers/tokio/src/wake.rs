//! An mpsc channel of callbacks to a task on the loop.

use lab::{Variant, Wake};
use std::thread;
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};

type Callback = fn(&mut u64);

fn add_one(counter: &mut u64) {
    *counter += 1;
}

async fn run(receiver: &mut UnboundedReceiver<Callback>, counter: &mut u64, target: u64, mut after: impl FnMut(u64)) {
    while *counter < target {
        if let Some(callback) = receiver.recv().await {
            callback(counter);
            after(*counter);
        }
    }
}

/// The other loop, which answers every callback with one; lives as long as the process.
fn second_loop(to_first: UnboundedSender<Callback>) -> UnboundedSender<Callback> {
    let (to_second, mut receiver) = unbounded_channel::<Callback>();
    thread::spawn(move || {
        lab::place(true);
        let mut counter = 0;
        crate::runtime().block_on(run(&mut receiver, &mut counter, u64::MAX, |_| {
            let _ = to_first.send(add_one);
        }));
    });
    to_second
}

fn flood(sender: UnboundedSender<Callback>, count: u64) {
    lab::place(true);
    for _ in 0..count {
        let _ = sender.send(add_one);
    }
}

fn prepare(wake: Wake) -> impl FnMut() {
    let runtime = crate::runtime();
    let (sender, mut receiver) = unbounded_channel();
    let other = (wake.variant == Variant::RoundTrip).then(|| second_loop(sender.clone()));
    move || {
        let mut counter = 0;
        match &other {
            Some(other) => {
                let _ = other.send(add_one);
                let again = |counter| {
                    if counter < wake.ops {
                        let _ = other.send(add_one);
                    }
                };
                runtime.block_on(run(&mut receiver, &mut counter, wake.ops, again));
            }
            None => {
                let threads: Vec<_> = (0..wake.producers)
                    .map(|_| (sender.clone(), wake.ops / wake.producers))
                    .map(|(sender, count)| thread::spawn(move || flood(sender, count)))
                    .collect();
                runtime.block_on(run(&mut receiver, &mut counter, wake.ops, |_| {}));
                threads.into_iter().for_each(|t| t.join().expect("producer"));
            }
        }
    }
}

pub fn main(options: lab::Options) {
    lab::wake_main(options, prepare);
}
