//! SIGTERM and SIGINT as something to poll: a handler may do no more than write a byte to a pipe.

use mio::unix::pipe::{self, Receiver};
use std::io::{self, Read, Write};

pub fn open() -> io::Result<Receiver> {
    let (sender, receiver) = pipe::new()?;
    let sender = std::sync::Arc::new(sender);
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let sender = sender.clone();
        let tell = move || {
            let _ = (&*sender).write(&[1]); // a full pipe has been told of one already
        };
        // SAFETY: write(2) may be called by a handler; nothing is locked or allocated.
        unsafe { signal_hook_registry::register(signal, tell)? };
    }
    Ok(receiver)
}

/// How many have come since it was asked last.
pub fn take(receiver: &mut Receiver) -> usize {
    let mut bytes = [0; 16];
    let mut all = 0;
    while let Ok(count) = receiver.read(&mut bytes) {
        if count == 0 {
            break;
        }
        all += count;
    }
    all
}
