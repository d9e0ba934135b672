//! What the kernel's events mean for the tree, and what is said of that.

use crate::tree::{Id, Tree, ROOT};
use inotify::{Event, EventMask, Inotify, WatchDescriptor, WatchMask};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What has left its directory, and may come to another one.
struct Move {
    id: Id,
    cookie: u32,
}

pub struct Watcher<O> {
    root_path: PathBuf,
    inotify: Inotify,
    tree: Tree<WatchDescriptor>,
    moving: Option<Move>,
    out: O,
}

impl<O: Write> Watcher<O> {
    /// Watches all of a directory, and says so.
    pub fn open(root_path: PathBuf, out: O) -> io::Result<Watcher<O>> {
        let inotify = Inotify::init().map_err(|error| explain("inotify", &error))?;
        let tree = Tree::new();
        let mut watcher = Watcher { root_path, inotify, tree, moving: None, out };
        watcher.watch(ROOT, false)?;
        watcher.check_root()?;
        writeln!(watcher.out, "watching {}", watcher.root_path.display())?;
        watcher.out.flush()?;
        Ok(watcher)
    }

    pub fn fd(&self) -> RawFd {
        self.inotify.as_raw_fd()
    }

    pub fn is_moving(&self) -> bool {
        self.moving.is_some()
    }

    /// Takes what the kernel has for us, as much as the buffer has room for.
    pub fn take_events(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        match self.inotify.read_events(buffer) {
            Ok(events) => events.into_iter().try_for_each(|event| self.on_event(&event))?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(explain("inotify", &error)),
        }
        self.check_root()?;
        self.out.flush()
    }

    /// It has not come to another directory of the tree: it has left that.
    pub fn settle_move(&mut self) -> io::Result<()> {
        if let Some(moved) = self.moving.take() {
            self.remove(moved.id, true)?;
        }
        self.out.flush()
    }

    /// Without its root there is nothing more to tell.
    fn check_root(&self) -> io::Result<()> {
        match self.tree.watch(ROOT) {
            Some(_) => Ok(()),
            None => {
                let path = self.root_path.display();
                Err(io::Error::new(
                    ErrorKind::NotFound,
                    format!("{path} is gone, or can't be watched"),
                ))
            }
        }
    }

    fn on_event(&mut self, event: &Event<&OsStr>) -> io::Result<()> {
        if event.mask.contains(EventMask::Q_OVERFLOW) {
            self.settle_move()?;
            writeln!(self.out, "overflowed, comparing")?;
            return self.look_again(ROOT);
        }
        let is_arrival =
            |moved: &Move| event.mask.contains(EventMask::MOVED_TO) && moved.cookie == event.cookie;
        if !self.moving.as_ref().is_some_and(is_arrival) {
            self.settle_move()?; // before anybody is looked up: it may be what has left
        }
        let Some(parent) = self.tree.watched_by(&event.wd) else { return Ok(()) }; // it is gone
        if event.mask.contains(EventMask::IGNORED) {
            self.tree.forget_watch(&event.wd);
            return Ok(());
        }
        match event.name {
            Some(name) => self.on_change(event, parent, name),
            None => Ok(()), // of the directory itself
        }
    }

    fn on_change(&mut self, event: &Event<&OsStr>, parent: Id, name: &OsStr) -> io::Result<()> {
        let known = self.tree.find(parent, name);
        let is = |mask| event.mask.intersects(mask);
        if is(EventMask::CREATE) {
            self.appeared(parent, name, true)
        } else if is(EventMask::MOVED_TO) {
            match self.moving.take() {
                Some(moved) => self.moved(moved.id, parent, name),
                None => self.came(parent, name),
            }
        } else if let Some(id) = known {
            if is(EventMask::MODIFY | EventMask::CLOSE_WRITE) && !self.tree.is_directory(id) {
                self.say("written", &self.tree.path(id))?;
            } else if is(EventMask::DELETE) {
                self.remove(id, true)?;
            } else if is(EventMask::MOVED_FROM) {
                self.moving = Some(Move { id, cookie: event.cookie });
            }
            Ok(())
        } else {
            Ok(()) // of something that came and went unseen
        }
    }

    // ---- the tree

    /// From outside of what is watched, perhaps in the place of something, which nothing else tells.
    fn came(&mut self, parent: Id, name: &OsStr) -> io::Result<()> {
        let before = self.tree.find(parent, name);
        self.appeared(parent, name, true)?;
        match self.tree.find(parent, name) {
            Some(id) if before != Some(id) => Ok(()), // as new
            Some(id) if self.tree.is_directory(id) => self.look_again(id),
            Some(id) => self.say("written", &self.tree.path(id)),
            None => Ok(()),
        }
    }

    /// The events are behind what they tell of: what was looked for by an old path may have been
    /// found where that path led already. So a directory that has moved is looked at again, and if
    /// it seems to be within itself, all is.
    fn moved(&mut self, id: Id, parent: Id, name: &OsStr) -> io::Result<()> {
        let replaced = self.tree.find(parent, name).filter(|&replaced| replaced != id);
        let stale = match self.tree.is_within(parent, id) {
            true => Some(id),
            false => replaced.filter(|&replaced| self.tree.is_within(id, replaced)),
        };
        if let Some(stale) = stale {
            self.remove(stale, true)?;
            return self.look_again(ROOT);
        }
        if let Some(replaced) = replaced {
            self.remove(replaced, false)?;
        }
        let from = escaped(&self.tree.path(id));
        self.tree.rename(id, parent, name);
        let to = escaped(&self.tree.path(id));
        self.out.write_all(&[b"moved ", &from[..], b" to ", &to, b"\n"].concat())?;
        self.look_again(id)
    }

    fn remove(&mut self, id: Id, is_told: bool) -> io::Result<()> {
        for removed in self.tree.remove(id) {
            if is_told {
                self.say("deleted", &removed.path)?;
            }
            if let Some(watch) = removed.watch {
                let _ = self.inotify.rm_watch(watch); // or it has gone with the directory
            }
        }
        Ok(())
    }

    /// A directory is watched first and looked at then: what is made in it meanwhile is told, and
    /// told once, since the tree knows it when its event comes.
    fn watch(&mut self, directory: Id, is_told: bool) -> io::Result<()> {
        let path = self.full_path(directory);
        let mask = WatchMask::CREATE
            | WatchMask::DELETE
            | WatchMask::MOVED_FROM
            | WatchMask::MOVED_TO
            | WatchMask::MODIFY
            | WatchMask::CLOSE_WRITE
            | WatchMask::ONLYDIR
            | WatchMask::DONT_FOLLOW
            | WatchMask::EXCL_UNLINK;
        match self.inotify.add_watch(&path, mask) {
            Ok(watch) => self.tree.set_watch(directory, watch),
            Err(error) if is_gone(&error) => return Ok(()),
            Err(error) => return Err(explain(&path.display().to_string(), &error)),
        }
        self.compare(directory, is_told)
    }

    fn appeared(&mut self, parent: Id, name: &OsStr, is_told: bool) -> io::Result<()> {
        let path = self.full_path(parent).join(name);
        let is_directory = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata.is_dir(),
            Err(error) if is_gone(&error) => return Ok(()), // an event will tell that
            Err(error) => return Err(explain(&path.display().to_string(), &error)),
        };
        let mut known = self.tree.find(parent, name);
        if let Some(other) = known.filter(|&id| self.tree.is_directory(id) != is_directory) {
            self.remove(other, is_told)?;
            known = None;
        }
        let id = known.unwrap_or_else(|| self.tree.add(parent, name, is_directory));
        if known.is_none() && is_told {
            self.say("created", &self.tree.path(id))?;
        }
        if is_directory && self.tree.watch(id).is_none() {
            self.watch(id, is_told)?;
        }
        Ok(())
    }

    /// What is in a directory with what was there.
    fn compare(&mut self, directory: Id, is_told: bool) -> io::Result<()> {
        let path = self.full_path(directory);
        let names = match names(&path) {
            Ok(names) => names,
            Err(error) if is_gone(&error) => return Ok(()),
            Err(error) => return Err(explain(&path.display().to_string(), &error)),
        };
        for (name, id) in self.tree.children(directory) {
            if !names.contains(&name) {
                self.remove(id, is_told)?;
            }
        }
        names.iter().try_for_each(|name| self.appeared(directory, name, is_told))
    }

    /// At all of it, after something was or may have been missed.
    fn look_again(&mut self, id: Id) -> io::Result<()> {
        if self.tree.is_directory(id) {
            self.watch(id, true)?;
            for (_, child) in self.tree.children(id) {
                self.look_again(child)?;
            }
        }
        Ok(())
    }

    /// That of the root ends with a slash, so it may be a link to a directory.
    fn full_path(&self, id: Id) -> PathBuf {
        self.root_path.join(self.tree.path(id))
    }

    fn say(&mut self, what: &str, path: &Path) -> io::Result<()> {
        self.out.write_all(&[what.as_bytes(), b" ", &escaped(path), b"\n"].concat())
    }
}

/// Read as a whole, so that no directory stays open while others below it are looked at.
fn names(path: &Path) -> io::Result<BTreeSet<OsString>> {
    fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
}

/// A line feed in a name must not look like another line.
fn escaped(path: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\\' => text.extend_from_slice(b"\\\\"),
            _ => text.push(byte),
        }
    }
    text
}

/// Gone already, or not ours to look at.
fn is_gone(error: &io::Error) -> bool {
    let codes = [libc::ENOENT, libc::ENOTDIR, libc::EACCES];
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

fn explain(what: &str, error: &io::Error) -> io::Error {
    let advice = match error.raw_os_error() {
        Some(libc::ENOSPC) => "; raise fs.inotify.max_user_watches",
        Some(libc::EMFILE) => "; raise fs.inotify.max_user_instances, or the limit of descriptors",
        _ => "",
    };
    io::Error::new(error.kind(), format!("{what}: {error}{advice}"))
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_keep_a_path_on_one_line() {
        assert_eq!(escaped(Path::new("a/one\ntwo\\")), b"a/one\\ntwo\\\\");
    }

    /// When the first event is read, its name belongs to another directory already.
    #[test]
    fn should_follow_what_has_moved_before_it_was_looked_at() {
        let root = std::env::temp_dir().join(format!("{{name}}-moved-{}", std::process::id()));
        fs::create_dir(&root).unwrap();
        let mut watcher = Watcher::open(root.clone(), Vec::new()).unwrap();
        let mut said = |change: &dyn Fn()| {
            watcher.out.clear();
            change();
            watcher.take_events(&mut [0; 4096]).unwrap();
            String::from_utf8(watcher.out.clone()).unwrap()
        };
        let early = said(&|| {
            fs::create_dir(root.join("a")).unwrap();
            fs::rename(root.join("a"), root.join("b")).unwrap();
            fs::create_dir(root.join("a")).unwrap();
            fs::create_dir(root.join("b/early")).unwrap();
        });
        assert!(early.contains("created b/early\n") && early.ends_with("created a\n"), "{early}");
        let late = said(&|| {
            fs::create_dir(root.join("a/one")).unwrap();
            fs::create_dir(root.join("b/two")).unwrap();
        });
        assert_eq!(late, "created a/one\ncreated b/two\n");
        fs::remove_dir_all(&root).unwrap();
    }

    /// Without waiting: the kernel has an event before the call that makes it returns.
    #[test]
    fn should_tell_each_change_once() {
        let root = std::env::temp_dir().join(format!("{{name}}-{}", std::process::id()));
        fs::create_dir(&root).unwrap();
        let mut watcher = Watcher::open(root.clone(), Vec::new()).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/c"), "").unwrap();
        watcher.take_events(&mut [0; 4096]).unwrap();
        fs::rename(root.join("a"), root.join("z")).unwrap();
        fs::remove_dir_all(root.join("z")).unwrap();
        for _ in 0..4 {
            watcher.take_events(&mut [0; 4096]).unwrap();
        }
        fs::remove_dir(&root).unwrap();
        assert!(watcher.take_events(&mut [0; 4096]).is_err(), "its root is gone");
        let said = String::from_utf8(watcher.out).unwrap();
        let changes: Vec<&str> = said.lines().skip(1).collect();
        let expected = [
            "created a",
            "created a/b",
            "created a/b/c",
            "moved a to z",
            "deleted z/b/c",
            "deleted z/b",
            "deleted z",
        ];
        let told: Vec<&str> =
            changes.into_iter().filter(|line| !line.starts_with("written")).collect();
        assert_eq!(told, expected);
    }
}
{{/tests}}
