//! What the Rust peers share: the same as lab.h for those in C. The contract is lab/peers/README.md.

mod channels;
mod files;
mod options;
mod pairs;
mod spawn;
mod timers;
mod wake;

pub use channels::{message, operations_main, Operations};
pub use files::{files_main, Files, FilesPeer, REPLACED_BYTES};
pub use options::{quit, Options, Rounds, FAILED, UNSUPPORTED, USAGE};
pub use pairs::{cascade_main, events_main, Pairs};
pub use spawn::spawn_main;
pub use timers::{timers_main, TimerPeer};
pub use wake::{place, wake_main, Variant, Wake, WakePeer};

fn clock_nanos(clock: libc::clockid_t) -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(clock, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

pub fn now_nanos() -> u64 {
    clock_nanos(libc::CLOCK_MONOTONIC)
}

pub fn cpu_nanos() -> u64 {
    clock_nanos(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// splitmix64
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// Raises the soft limit; leaves with UNSUPPORTED when the hard one is too low.
pub fn need_descriptors(needed: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
    }
    if needed + 16 > limit.rlim_max {
        quit(UNSUPPORTED, &format!("needs {} descriptors, the limit is {} (ulimit -Hn)", needed + 16, limit.rlim_max));
    }
}

extern "C" fn on_terminate(_signal: libc::c_int) {
    unsafe { libc::_exit(0) }
}

/// A listening, non-blocking socket on 127.0.0.1, whose accepted sockets inherit TCP_NODELAY.
pub fn listen(port: u16) -> std::net::TcpListener {
    need_descriptors(0);
    use std::os::unix::io::FromRawFd;
    let flags = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let one: libc::c_int = 1;
    unsafe {
        let fd = libc::socket(libc::AF_INET, flags, 0);
        for (level, name) in [(libc::SOL_SOCKET, libc::SO_REUSEADDR), (libc::IPPROTO_TCP, libc::TCP_NODELAY)] {
            libc::setsockopt(fd, level, name, &one as *const _ as *const libc::c_void, 4);
        }
        let mut address: libc::sockaddr_in = std::mem::zeroed();
        address.sin_family = libc::AF_INET as libc::sa_family_t;
        address.sin_port = port.to_be();
        address.sin_addr.s_addr = u32::to_be(0x7F00_0001);
        let length = std::mem::size_of_val(&address) as libc::socklen_t;
        if libc::bind(fd, &address as *const _ as *const libc::sockaddr, length) != 0 || libc::listen(fd, 4096) != 0 {
            quit(FAILED, &format!("listen on port {port}: {}", std::io::Error::last_os_error()));
        }
        std::net::TcpListener::from_raw_fd(fd)
    }
}

extern "C" fn on_input(_signal: libc::c_int) {
    let mut input = libc::pollfd { fd: 0, events: libc::POLLIN, revents: 0 };
    unsafe {
        if libc::poll(&mut input, 1, 0) > 0 && input.revents & libc::POLLHUP != 0 {
            libc::_exit(0)
        }
    }
}

/// A server whose standard input is a pipe ends with it: see lab.h.
fn end_with_input() {
    unsafe {
        let mut input: libc::stat = std::mem::zeroed();
        if libc::fstat(0, &mut input) != 0 || input.st_mode & libc::S_IFMT != libc::S_IFIFO {
            return;
        }
        libc::signal(libc::SIGIO, on_input as *const () as libc::sighandler_t);
        libc::fcntl(0, libc::F_SETOWN, libc::getpid());
        libc::fcntl(0, libc::F_SETFL, libc::fcntl(0, libc::F_GETFL) | libc::O_ASYNC);
    }
    on_input(libc::SIGIO); // perhaps it has ended already
}

/// The one line of a server that is ready; from now on SIGTERM ends it with 0.
pub fn announce(listener: &std::net::TcpListener) {
    unsafe { libc::signal(libc::SIGTERM, on_terminate as *const () as libc::sighandler_t) };
    end_with_input();
    println!("listening {}", listener.local_addr().expect("bound").port());
}
