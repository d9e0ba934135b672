//! mio has a Waker; what is posted goes through a channel of the standard library.

use lab::{Variant, Wake, WakePeer};
use mio::{Events, Poll, Token, Waker};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Arc;
use std::thread;

type Callback = fn(&mut u64);

fn add_one(counter: &mut u64) {
    *counter += 1;
}

#[derive(Clone)]
struct Poster {
    sender: Sender<Callback>,
    waker: Arc<Waker>,
}

impl Poster {
    fn post(&self, callback: Callback) {
        let _ = self.sender.send(callback);
        self.waker.wake().expect("wake");
    }
}

struct Loop {
    poll: Poll,
    events: Events,
    receiver: Receiver<Callback>,
}

impl Loop {
    fn open() -> (Loop, Poster) {
        let poll = Poll::new().expect("poll");
        let waker = Arc::new(Waker::new(poll.registry(), Token(0)).expect("waker"));
        let (sender, receiver) = channel();
        (Loop { poll, events: Events::with_capacity(16), receiver }, Poster { sender, waker })
    }

    fn run(&mut self, target: u64, mut after: impl FnMut(u64)) {
        let mut counter = 0;
        while counter < target {
            let _ = self.poll.poll(&mut self.events, None);
            while let Ok(callback) = self.receiver.try_recv() {
                callback(&mut counter);
                after(counter);
            }
        }
    }
}

/// Answers every callback with one; lives as long as the process.
fn second_loop(to_first: Poster) -> Poster {
    let (mut second, to_second) = Loop::open();
    thread::spawn(move || {
        lab::place(true);
        second.run(u64::MAX, |_| to_first.post(add_one));
    });
    to_second
}

struct Peer {
    first: Loop,
    to_first: Poster,
    other: Option<Poster>,
}

impl WakePeer for Peer {
    fn producer(&self) -> Box<dyn FnOnce(u64) + Send> {
        let poster = self.to_first.clone();
        Box::new(move |count| (0..count).for_each(|_| poster.post(add_one)))
    }

    fn run(&mut self, wake: Wake) {
        let ask = |counter| match &self.other {
            Some(other) if counter < wake.ops => other.post(add_one),
            _ => (),
        };
        ask(0);
        self.first.run(wake.ops, ask);
    }
}

fn prepare(wake: Wake) -> Peer {
    let (first, to_first) = Loop::open();
    let other = (wake.variant == Variant::RoundTrip).then(|| second_loop(to_first.clone()));
    Peer { first, to_first, other }
}

pub fn main(options: lab::Options) {
    lab::wake_main(options, prepare);
}
