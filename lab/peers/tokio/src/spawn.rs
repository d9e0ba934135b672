//! `tokio::process`: children are started on the thread of the runtime, and reaped when SIGCHLD comes.

use std::process::Stdio;
use tokio::process::Command;

async fn run(at_once: u64) -> u64 {
    let start = |_| {
        let mut command = Command::new("/bin/true");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap_or_else(|error| lab::quit(lab::FAILED, &format!("cannot start /bin/true: {error}")))
    };
    let children: Vec<_> = (0..at_once).map(start).collect();
    let mut errors = 0;
    for mut child in children {
        let is_success = child.wait().await.map(|status| status.success()).unwrap_or(false);
        errors += u64::from(!is_success);
    }
    errors
}

pub fn main(options: lab::Options) {
    let runtime = crate::runtime();
    lab::spawn_main(options, |at_once| runtime.block_on(run(at_once)));
}
