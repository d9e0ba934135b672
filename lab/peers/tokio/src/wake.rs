//! An mpsc channel of callbacks to a task on the loop.

use lab::{Variant, Wake, WakePeer};
use std::thread;
use tokio::runtime::Runtime;
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

struct Peer {
    runtime: Runtime,
    sender: UnboundedSender<Callback>,
    receiver: UnboundedReceiver<Callback>,
    other: Option<UnboundedSender<Callback>>,
}

impl WakePeer for Peer {
    fn producer(&self) -> Box<dyn FnOnce(u64) + Send> {
        let sender = self.sender.clone();
        Box::new(move |count| {
            for _ in 0..count {
                let _ = sender.send(add_one);
            }
        })
    }

    fn run(&mut self, wake: Wake) {
        let (other, receiver) = (&self.other, &mut self.receiver);
        let ask = |counter| match other {
            Some(other) if counter < wake.ops => drop(other.send(add_one)),
            _ => (),
        };
        ask(0);
        self.runtime.block_on(run(receiver, &mut 0, wake.ops, ask));
    }
}

fn prepare(wake: Wake) -> Peer {
    let (sender, receiver) = unbounded_channel();
    let other = (wake.variant == Variant::RoundTrip).then(|| second_loop(sender.clone()));
    Peer { runtime: crate::runtime(), sender, receiver, other }
}

pub fn main(options: lab::Options) {
    lab::wake_main(options, prepare);
}
