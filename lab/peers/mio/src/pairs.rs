//! `events`: registered once. `cascade`: registered, and deregistered after its one event.

use lab::Pairs;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

fn register(poll: &Poll, pairs: &Pairs, i: usize) {
    poll.registry().register(&mut SourceFd(&pairs.readers[i]), Token(i), Interest::READABLE).expect("register");
}

fn receive(pairs: &Pairs, i: usize) -> isize {
    let mut byte = [0u8; 1];
    let n = unsafe { libc::recv(pairs.readers[i], byte.as_mut_ptr().cast(), 1, 0) };
    if n > 0 {
        pairs.received(&byte);
    } else if n == 0 || std::io::Error::last_os_error().kind() != std::io::ErrorKind::WouldBlock {
        pairs.error();
    }
    n
}

pub fn events(options: lab::Options) {
    lab::events_main(options, |pairs| {
        if pairs.timeout_nanos.is_some() {
            lab::quit(lab::UNSUPPORTED, "mio has no timers");
        }
        let mut poll = Poll::new().expect("poll");
        let mut events = Events::with_capacity(1024);
        (0..pairs.count()).for_each(|i| register(&poll, pairs, i));
        move || {
            while !pairs.over() {
                let _ = poll.poll(&mut events, None);
                for event in &events {
                    let i = event.token().0;
                    while receive(pairs, i) > 0 {
                        pairs.pass_on(i);
                    }
                }
            }
        }
    });
}

pub fn cascade(options: lab::Options) {
    lab::cascade_main(options, |pairs| {
        let mut poll = Poll::new().expect("poll");
        let mut events = Events::with_capacity(1024);
        move || {
            (0..pairs.count()).for_each(|i| register(&poll, pairs, i));
            pairs.write(0);
            while !pairs.all_read() {
                let _ = poll.poll(&mut events, None);
                for event in &events {
                    let i = event.token().0;
                    receive(pairs, i);
                    let _ = poll.registry().deregister(&mut SourceFd(&pairs.readers[i]));
                    if i + 1 < pairs.count() {
                        pairs.write(i + 1);
                    }
                }
            }
        }
    });
}
