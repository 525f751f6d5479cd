//! How many clients the system's limits allow.
//!
//! A client is one open file and one thread; a thread is four mappings of
//! memory: its stack, the stack for its signals, and a guard page of each.

use std::fs;
use std::path::{Path, PathBuf};

/// Files, threads and mappings for everything that is no client.
const RESERVE: usize = 64;
const MAPS_RESERVE: usize = 1024;
const MAPS_PER_THREAD: usize = 4;
/// More would be more than sessions have numbers for in any reasonable memory.
const MAX_CLIENTS: usize = 1 << 20;

/// Which limit is the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// `--max-clients`.
    Asked,
    OpenFiles,
    Maps,
    /// Of this user.
    Processes,
    /// Of the control group.
    Pids,
    /// Of the whole system.
    Threads,
    /// Where nothing else is.
    Ours,
}

impl Bound {
    /// As an administrator would look for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Bound::Asked => "--max-clients",
            Bound::OpenFiles => "ulimit -n",
            Bound::Maps => "vm.max_map_count",
            Bound::Processes => "ulimit -u",
            Bound::Pids => "pids.max",
            Bound::Threads => "kernel.threads-max",
            Bound::Ours => "roomchat",
        }
    }
}

/// How many clients may come, and what keeps it from being more.
pub(crate) fn clients(asked: Option<usize>) -> (usize, Bound) {
    let threads = [number("/proc/sys/kernel/threads-max"), number("/proc/sys/kernel/pid_max")];
    let groups = read("/proc/self/cgroup").unwrap_or_default();
    narrowest([
        (asked, Bound::Asked),
        (open_files(), Bound::OpenFiles),
        (number("/proc/sys/vm/max_map_count"), Bound::Maps),
        (processes(), Bound::Processes),
        (pids(Path::new("/sys/fs/cgroup"), &groups), Bound::Pids),
        (threads.into_iter().flatten().min(), Bound::Threads),
    ])
}

/// Of what each bound allows in all; None for what the system does not tell or limit.
fn narrowest<const N: usize>(limits: [(Option<usize>, Bound); N]) -> (usize, Bound) {
    let clients = limits.into_iter().filter_map(|(limit, bound)| {
        let clients = match bound {
            Bound::Asked => limit?,
            Bound::Maps => limit?.saturating_sub(MAPS_RESERVE) / MAPS_PER_THREAD,
            _ => limit?.saturating_sub(RESERVE),
        };
        Some((clients.max(1), bound))
    });
    let ours = (MAX_CLIENTS, Bound::Ours);
    clients.chain([ours]).min_by_key(|(count, _)| *count).unwrap_or(ours)
}

/// Files that this process may have open; raised as far as that is allowed.
#[cfg(unix)]
fn open_files() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let most = if raised { maximum } else { current };
    most.and_then(|most| usize::try_from(most).ok())
}

/// Threads of this user, who is limited unless it is root.
#[cfg(unix)]
fn processes() -> Option<usize> {
    use rustix::process::{Resource, geteuid, getrlimit};
    let most = getrlimit(Resource::Nproc).current.filter(|_| !geteuid().is_root());
    most.and_then(|most| usize::try_from(most).ok())
}

#[cfg(not(unix))]
fn open_files() -> Option<usize> {
    Some(16 * 1024)
}

#[cfg(not(unix))]
fn processes() -> Option<usize> {
    None
}

/// What is left in the control groups that this process is in, each inside the
/// next (cgroups(7): `0::/path` for version 2, `n:…pids…:/path` for version 1).
fn pids(root: &Path, membership: &str) -> Option<usize> {
    let (root, path) = membership.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        match (fields.next()?, fields.next()?) {
            ("", path) => Some((root.to_owned(), path)),
            (controllers, path) if controllers.split(',').any(|one| one == "pids") => {
                Some((root.join("pids"), path))
            }
            _ => None,
        }
    })?;
    // A path that is another container's point of view leads nowhere, and its
    // ancestors are looked at all the same.
    let groups = Path::new(path.trim_start_matches('/')).ancestors().map(|group| root.join(group));
    groups.filter_map(left_in).min()
}

/// `pids.max` less `pids.current`; None for `max`.
fn left_in(group: PathBuf) -> Option<usize> {
    let most = number(group.join("pids.max"))?;
    Some(most.saturating_sub(number(group.join("pids.current")).unwrap_or(0)))
}

fn number(path: impl AsRef<Path>) -> Option<usize> {
    read(path)?.trim().parse().ok()
}

fn read(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_limit_counts_and_is_named() {
        let wide = [(Bound::OpenFiles, 1 << 20), (Bound::Maps, 65_530), (Bound::Threads, 100_000)];
        let with = |more: &[(Bound, usize)]| {
            let all =
                |bound| more.iter().chain(&wide).find(|(known, _)| *known == bound).map(|(_, limit)| *limit);
            let bounds =
                [Bound::Asked, Bound::OpenFiles, Bound::Maps, Bound::Processes, Bound::Pids, Bound::Threads];
            narrowest(bounds.map(|bound| (all(bound), bound)))
        };
        assert_eq!(with(&[]), (16_126, Bound::Maps));
        assert_eq!(with(&[(Bound::Asked, 5)]), (5, Bound::Asked));
        assert_eq!(with(&[(Bound::Asked, 1 << 20)]), (16_126, Bound::Maps));
        assert_eq!(with(&[(Bound::OpenFiles, 1024)]), (960, Bound::OpenFiles));
        assert_eq!(with(&[(Bound::Pids, 500)]), (436, Bound::Pids));
        assert_eq!(with(&[(Bound::Pids, 500), (Bound::Processes, 400)]), (336, Bound::Processes));
        assert_eq!(with(&[(Bound::Threads, 10)]), (1, Bound::Threads));
        assert_eq!(narrowest([(None, Bound::Maps)]), (MAX_CLIENTS, Bound::Ours));
    }

    #[test]
    fn the_narrowest_of_the_groups_around_us_counts() {
        let root = std::env::temp_dir().join(format!("roomchat-cgroup-{}", std::process::id()));
        let group = |path: &str, most: &str, current: &str| {
            let folder = root.join(path);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("pids.max"), most).unwrap();
            fs::write(folder.join("pids.current"), current).unwrap();
        };
        group("user/chat", "max\n", "3\n");
        group("user", "100\n", "30\n");
        group("pids/box", "50\n", "1\n");
        assert_eq!(pids(&root, "0::/user/chat\n"), Some(70));
        assert_eq!(pids(&root, "0::/elsewhere\n"), None);
        assert_eq!(pids(&root, "3:cpu,memory:/x\n2:pids:/box/inner\n0::/\n"), Some(49));
        assert_eq!(pids(&root, ""), None);
        fs::remove_dir_all(&root).unwrap();
    }
}
