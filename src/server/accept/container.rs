//! Whether this process runs in a container.

use std::fs;

/// Files that Docker, Podman and systemd-nspawn put into each container.
const FILES: [&str; 3] = ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"];
/// Variables that Podman, LXC and Kubernetes set in it.
const VARIABLES: [&str; 2] = ["container", "KUBERNETES_SERVICE_HOST"];
/// Parts of the control group of a process in a container, where it can be seen from inside.
const GROUPS: [&str; 5] = ["docker", "kubepods", "containerd", "libpod", "lxc"];
/// The namespaces that Linux has from its start, with the numbers that it gives to them
/// (`include/linux/proc_ns.h`).
const FIRST_NAMESPACES: [(&str, &str); 4] = [
    ("/proc/self/ns/ipc", "ipc:[4026531839]"),
    ("/proc/self/ns/pid", "pid:[4026531836]"),
    ("/proc/self/ns/user", "user:[4026531837]"),
    ("/proc/self/ns/uts", "uts:[4026531838]"),
];

pub(crate) fn is_container() -> bool {
    let namespace = |(path, _): (&str, _)| fs::read_link(path).map(|link| link.display().to_string());
    Marks {
        has_file: FILES.into_iter().any(|path| fs::exists(path).unwrap_or(false)),
        has_variable: VARIABLES.into_iter().any(|name| std::env::var_os(name).is_some()),
        cgroup: fs::read_to_string("/proc/self/cgroup").unwrap_or_default(),
        namespaces: FIRST_NAMESPACES.map(|first| namespace(first).unwrap_or_default()),
    }
    .are_of_a_container()
}

/// What a process can see of the place that it runs in.
struct Marks {
    has_file: bool,
    has_variable: bool,
    cgroup: String,
    /// In the order of [`FIRST_NAMESPACES`].
    namespaces: [String; FIRST_NAMESPACES.len()],
}

impl Marks {
    /// One mark is enough. But a virtual machine that was made of a container's image has the marks
    /// as well and is a whole machine: there the process is in the kernel's first namespaces, and in
    /// a container it never is in all of them.
    fn are_of_a_container(&self) -> bool {
        let is_marked =
            self.has_file || self.has_variable || GROUPS.iter().any(|part| self.cgroup.contains(part));
        is_marked && self.namespaces != FIRST_NAMESPACES.map(|(_, first)| first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_container(has_file: bool, has_variable: bool, cgroup: &str, pid_namespace: &str) -> bool {
        let mut namespaces = FIRST_NAMESPACES.map(|(_, first)| first.to_owned());
        namespaces[1] = pid_namespace.to_owned();
        Marks { has_file, has_variable, cgroup: cgroup.to_owned(), namespaces }.are_of_a_container()
    }

    const OWN: &str = "pid:[4026532281]";
    const FIRST: &str = FIRST_NAMESPACES[1].1;

    #[test]
    fn a_container_is_known_by_each_of_its_marks() {
        assert!(is_container(true, false, "0::/", OWN));
        assert!(is_container(false, true, "", OWN));
        assert!(is_container(false, false, "11:memory:/kubepods/besteffort/pod1\n", OWN));
        assert!(is_container(false, false, "0::/system.slice/docker-5f.scope\n", OWN));
    }

    #[test]
    fn a_machine_is_none() {
        assert!(!is_container(false, false, "0::/user.slice/user-1000.slice\n", FIRST));
        // Namespaces of one's own, as `unshare` makes them, are not enough.
        assert!(!is_container(false, false, "0::/user.slice\n", OWN));
        // A virtual machine whose disk was made of a container's image.
        assert!(!is_container(true, false, "0::/", FIRST));
    }
}
