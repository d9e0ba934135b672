//! Follows a directory and all below it, by inotify.

use crate::tree::{Entry, Kind, Tree};
use inotify::{EventMask, EventOwned, Inotify, WatchMask};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncWriteExt, Interest, Stdout};
use tokio::time::sleep;

const PIECE_BYTES: usize = 64 * 1024;
const MOVE_TIME: Duration = Duration::from_millis(50);

/// What has left its directory, and may come to another one.
struct Moving {
    path: PathBuf,
    cookie: u32,
}

pub struct Watcher {
    root: PathBuf,
    inotify: AsyncFd<Inotify>,
    tree: Tree,
    moving: Option<Moving>,
    piece: Vec<u8>,
    output: Vec<u8>,
}

impl Watcher {
    /// Watches all that is there already.
    pub fn new(root: PathBuf) -> io::Result<Watcher> {
        let inotify = Inotify::init().map_err(|error| explained("inotify", error))?;
        let mut watcher = Watcher {
            root,
            inotify: AsyncFd::with_interest(inotify, Interest::READABLE)?,
            tree: Tree::default(),
            moving: None,
            piece: vec![0; PIECE_BYTES],
            output: Vec::new(),
        };
        watcher.tree.add(PathBuf::new(), Kind::of(&fs::metadata(&watcher.root)?));
        watcher.watch(Path::new(""), false)?;
        watcher.output.extend(b"watching ");
        watcher.output.extend(watcher.root.as_os_str().as_bytes());
        watcher.output.push(b'\n');
        Ok(watcher)
    }

    /// Tells what happens, for ever. While nobody reads that, events wait in the kernel's queue.
    pub async fn run(&mut self, mut output: Stdout) -> io::Result<()> {
        loop {
            output.write_all(&self.output).await?;
            output.flush().await?;
            self.output = Vec::new();
            let is_moving = self.moving.is_some();
            tokio::select! {
                events = self.next_events() => {
                    for event in events? {
                        self.on_event(event)?;
                    }
                }
                _ = sleep(MOVE_TIME), if is_moving => self.settle_move(),
            }
        }
    }

    /// Cancel safe: what has been read is returned at once.
    async fn next_events(&mut self) -> io::Result<Vec<EventOwned>> {
        loop {
            let mut guard = self.inotify.readable_mut().await?;
            let piece = &mut self.piece;
            if let Ok(result) = guard.try_io(|inotify| read_events(inotify.get_mut(), piece)) {
                return result;
            }
        }
    }

    // ---- what is there

    /// Watched first and looked at then: what is made in it meanwhile is told at least once.
    fn watch(&mut self, directory: &Path, told: bool) -> io::Result<()> {
        let mask = WatchMask::CREATE
            | WatchMask::DELETE
            | WatchMask::MOVE
            | WatchMask::MODIFY
            | WatchMask::CLOSE_WRITE
            | WatchMask::ONLYDIR
            | WatchMask::DONT_FOLLOW
            | WatchMask::EXCL_UNLINK;
        let path = self.root.join(directory);
        match self.inotify.get_mut().add_watch(&path, mask) {
            Ok(watch) => self.tree.set_watch(directory, watch),
            Err(error) if is_gone_or_not_ours(&error) => return Ok(()),
            Err(error) => return Err(explained(&path.display().to_string(), error)),
        }
        self.compare(directory, told)?;
        // If another one has got that name meanwhile, an event of a move will come; it must be
        // looked at again then.
        let kind = fs::symlink_metadata(&path).ok().map(|metadata| Kind::of(&metadata));
        if self.tree.get(directory).map(|known| known.kind) != kind {
            self.tree.set_kind(directory, Kind::Directory(None));
        }
        Ok(())
    }

    /// What is in a directory with what was in it.
    fn compare(&mut self, directory: &Path, told: bool) -> io::Result<()> {
        let Ok(listing) = fs::read_dir(self.root.join(directory)) else {
            return Ok(()); // gone already, or not ours
        };
        let mut found = HashSet::new();
        for entry in listing {
            let path = directory.join(entry?.file_name());
            self.appear(path.clone(), told)?;
            found.insert(path);
        }
        for path in self.tree.children(directory) {
            if !found.contains(&path) {
                self.disappear(&path, told);
            }
        }
        Ok(())
    }

    /// And with all that was below.
    fn compare_all(&mut self, directory: &Path) -> io::Result<()> {
        let mut directories = vec![directory.to_path_buf()];
        while let Some(directory) = directories.pop() {
            self.compare(&directory, true)?;
            let children = self.tree.children(&directory);
            directories.extend(children.into_iter().filter(|path| self.is_directory(path)));
        }
        Ok(())
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.tree.get(path).is_some_and(Entry::is_directory)
    }

    fn appear(&mut self, path: PathBuf, told: bool) -> io::Result<()> {
        let Ok(metadata) = fs::symlink_metadata(self.root.join(&path)) else {
            return Ok(()); // an event will tell that it is gone
        };
        let kind = Kind::of(&metadata);
        if self.tree.get(&path).is_some_and(|known| known.kind != kind) {
            self.disappear(&path, told);
        }
        if self.tree.get(&path).is_none() {
            self.tree.add(path.clone(), kind);
            if told {
                self.say("created", &path);
            }
        }
        self.watch_new(&path, told)
    }

    /// All directories from there on that have no watch yet.
    fn watch_new(&mut self, path: &Path, told: bool) -> io::Result<()> {
        let is_unwatched = |entry: &Entry| entry.is_directory() && entry.watch.is_none();
        let unwatched: Vec<PathBuf> = self
            .tree
            .subtree(path)
            .filter(|(_, entry)| is_unwatched(entry))
            .map(|(path, _)| path.clone())
            .collect();
        for path in unwatched {
            // Watching those above may have changed what is below.
            if self.tree.get(&path).is_some_and(is_unwatched) {
                self.watch(&path, told)?;
            }
        }
        Ok(())
    }

    fn disappear(&mut self, path: &Path, told: bool) {
        for (path, entry) in self.tree.remove(path) {
            if told {
                self.say("deleted", &path);
            }
            if let Some(watch) = entry.watch {
                // Fails if the directory is gone, and the watch with it.
                let _ = self.inotify.get_mut().rm_watch(watch);
            }
        }
    }

    // ---- events

    fn on_event(&mut self, event: EventOwned) -> io::Result<()> {
        if event.mask.contains(EventMask::Q_OVERFLOW) {
            self.settle_move();
            self.output.extend(b"overflowed, comparing\n");
            return self.compare_all(Path::new(""));
        }
        let completes_move = event.mask.contains(EventMask::MOVED_TO)
            && self.moving.as_ref().is_some_and(|moving| moving.cookie == event.cookie);
        if !completes_move {
            self.settle_move(); // before anybody is looked up: it may be what has left
        }
        if event.mask.contains(EventMask::IGNORED) {
            self.tree.forget_watch(&event.wd);
        }
        let (Some(directory), Some(name)) = (self.tree.by_watch(&event.wd), event.name) else {
            return Ok(()); // of a directory that is gone, or of none
        };
        let path = directory.join(name);
        if event.mask.contains(EventMask::CREATE) {
            self.appear(path, true)?;
        } else if event.mask.intersects(EventMask::MODIFY | EventMask::CLOSE_WRITE) {
            if self.tree.get(&path).is_some_and(|entry| !entry.is_directory()) {
                self.say("written", &path);
            }
        } else if event.mask.contains(EventMask::DELETE) {
            self.disappear(&path, true);
        } else if event.mask.contains(EventMask::MOVED_FROM) {
            let cookie = event.cookie;
            self.moving = self.tree.get(&path).map(|_| Moving { path, cookie });
        } else if event.mask.contains(EventMask::MOVED_TO) {
            match self.moving.take() {
                Some(moving) => self.move_to(&moving.path, &path)?,
                None => self.appear(path, true)?, // from outside
            }
        }
        Ok(())
    }

    fn move_to(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.disappear(to, false); // what it has replaced
        self.tree.rename(from, to);
        self.output.extend(b"moved ");
        put_escaped(&mut self.output, from);
        self.output.extend(b" to ");
        put_escaped(&mut self.output, to);
        self.output.push(b'\n');
        // Events are looked at later than they happen. Under its old name, it or something in it
        // may have been taken for what had that name by then; or it has been seen under its new
        // name already, and has its watch from there. So all of it is looked at again.
        self.appear(to.to_path_buf(), true)?;
        if self.is_directory(to) {
            self.compare_all(to)?;
        }
        Ok(())
    }

    /// It has not come to another directory of the tree: it has left that.
    fn settle_move(&mut self) {
        if let Some(moving) = self.moving.take() {
            self.disappear(&moving.path, true);
        }
    }

    fn say(&mut self, what: &str, path: &Path) {
        self.output.extend(what.as_bytes());
        self.output.push(b' ');
        put_escaped(&mut self.output, path);
        self.output.push(b'\n');
    }
}

fn read_events(inotify: &mut Inotify, piece: &mut [u8]) -> io::Result<Vec<EventOwned>> {
    let events: Vec<EventOwned> =
        inotify.read_events(piece)?.map(|event| event.into_owned()).collect();
    if events.is_empty() {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    Ok(events)
}

/// A line feed in a name must not look like another line.
fn put_escaped(output: &mut Vec<u8>, path: &Path) {
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'\n' => output.extend(b"\\n"),
            b'\\' => output.extend(b"\\\\"),
            _ => output.push(byte),
        }
    }
}

fn is_gone_or_not_ours(error: &io::Error) -> bool {
    const ENOENT: i32 = 2;
    const EACCES: i32 = 13;
    const ENOTDIR: i32 = 20;
    matches!(error.raw_os_error(), Some(ENOENT | EACCES | ENOTDIR))
}

fn explained(what: &str, error: io::Error) -> io::Error {
    const EMFILE: i32 = 24;
    const ENOSPC: i32 = 28;
    let advice = match error.raw_os_error() {
        Some(EMFILE) => ": raise fs.inotify.max_user_instances, or the limit of descriptors",
        Some(ENOSPC) => ": raise fs.inotify.max_user_watches",
        _ => "",
    };
    io::Error::other(format!("{what}: {error}{advice}"))
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of the test's own, until its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> io::Result<Folder> {
            let path = std::env::temp_dir().join(format!("{{name}}-{}", std::process::id()));
            fs::create_dir(&path).map(|()| Folder(path))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// What it says of all that has happened.
    async fn said(watcher: &mut Watcher) -> io::Result<Vec<String>> {
        watcher.output.clear();
        for event in watcher.next_events().await? {
            watcher.on_event(event)?;
        }
        Ok(String::from_utf8_lossy(&watcher.output).lines().map(str::to_string).collect())
    }

    /// When the first event is read, its name belongs to another directory already.
    #[tokio::test]
    async fn should_follow_what_has_moved_before_it_was_looked_at() -> io::Result<()> {
        let folder = Folder::new()?;
        let mut watcher = Watcher::new(folder.0.clone())?;
        fs::create_dir(folder.0.join("a"))?;
        fs::rename(folder.0.join("a"), folder.0.join("b"))?;
        fs::create_dir(folder.0.join("a"))?;
        fs::write(folder.0.join("b/early"), "")?;

        let lines = said(&mut watcher).await?;
        assert!(lines.contains(&"created b/early".into()), "{lines:?}");
        assert_eq!(lines.last().map(String::as_str), Some("created a"), "{lines:?}");

        fs::create_dir(folder.0.join("a/one"))?;
        fs::create_dir(folder.0.join("b/two"))?;
        assert_eq!(said(&mut watcher).await?, ["created a/one", "created b/two"]);
        Ok(())
    }

    #[test]
    fn should_keep_any_name_on_one_line() {
        let mut output = Vec::new();
        put_escaped(&mut output, Path::new("a/one\ntwo\\n"));
        assert_eq!(output, b"a/one\\ntwo\\\\n");
    }
}
{{/tests}}
