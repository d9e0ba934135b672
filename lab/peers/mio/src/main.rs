//! mio as its documentation says: edge-triggered, every readiness used until WouldBlock. It has no timers. One file per mode.

mod echo;
mod pairs;
mod wake;

fn main() {
    let options = lab::Options::of_process();
    match options.mode.as_str() {
        "echo" => echo::main(options),
        "events" => pairs::events(options),
        "cascade" => pairs::cascade(options),
        "wake" => wake::main(options),
        "timers" => lab::quit(lab::UNSUPPORTED, "mio has no timers"),
        mode => lab::quit(lab::UNSUPPORTED, &format!("no mode {mode}")),
    }
}
