//! `Sleep`s, polled once to start, reset to restart, dropped to cancel. Firing wakes their waker.

use lab::TimerPeer;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::{sleep_until, Instant, Sleep};

/// What a timer does when it fires: counts, and wakes who waits for the last.
#[derive(Default)]
struct Fired {
    count: AtomicUsize,
    target: AtomicUsize,
    waiting: Mutex<Option<Waker>>,
}

impl Wake for Fired {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        let count = self.count.load(Relaxed) + 1;
        self.count.store(count, Relaxed);
        if count == self.target.load(Relaxed) {
            if let Some(waker) = self.waiting.lock().unwrap().take() {
                waker.wake();
            }
        }
    }
}

struct AllFired(Arc<Fired>);

impl Future for AllFired {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0.count.load(Relaxed) >= self.0.target.load(Relaxed) {
            return Poll::Ready(());
        }
        *self.0.waiting.lock().unwrap() = Some(context.waker().clone());
        Poll::Pending
    }
}

struct Peer {
    runtime: Runtime,
    fired: Arc<Fired>,
    sleeps: Vec<Option<Pin<Box<Sleep>>>>,
}

impl TimerPeer for Peer {
    fn start(&mut self, first: usize, delay_nanos: &[u64]) {
        let _inside = self.runtime.enter();
        let waker = Waker::from(self.fired.clone());
        let mut context = Context::from_waker(&waker);
        let now = Instant::now();
        for (i, &nanos) in delay_nanos.iter().enumerate() {
            let mut sleep = Box::pin(sleep_until(now + Duration::from_nanos(nanos)));
            assert!(sleep.as_mut().poll(&mut context).is_pending());
            self.sleeps[first + i] = Some(sleep);
        }
    }

    fn restart(&mut self, order: &[usize], delay_nanos: &[u64]) {
        let now = Instant::now();
        for (&i, &nanos) in order.iter().zip(delay_nanos) {
            self.sleeps[i].as_mut().expect("started").as_mut().reset(now + Duration::from_nanos(nanos));
        }
    }

    fn cancel(&mut self, order: &[usize]) {
        for &i in order {
            self.sleeps[i] = None;
        }
    }

    fn run(&mut self, count: usize) -> usize {
        self.fired.target.store(count, Relaxed);
        self.runtime.block_on(AllFired(self.fired.clone()));
        self.fired.count.swap(0, Relaxed)
    }
}

pub fn main(options: lab::Options) {
    lab::timers_main(options, |count| Peer {
        runtime: crate::runtime(),
        fired: Arc::default(),
        sleeps: (0..count).map(|_| None).collect(),
    });
}
