//! Tokio on its current-thread runtime, as its tutorial uses it. One file per mode.

mod channels;
mod echo;
mod files;
mod pairs;
mod spawn;
mod timers;
mod wake;

use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("runtime")
}

fn main() {
    let options = lab::Options::of_process();
    match options.mode.as_str() {
        "echo" => echo::main(options),
        "events" => pairs::events(options),
        "cascade" => pairs::cascade(options),
        "timers" => timers::main(options),
        "wake" => wake::main(options),
        "files" => files::main(options),
        "channels" => channels::main(options),
        "locks" => channels::locks(options),
        "spawn" => spawn::main(options),
        mode => lab::quit(lab::UNSUPPORTED, &format!("no mode {mode}")),
    }
}
