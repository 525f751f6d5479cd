//! Every script in `fixtures/` passes on other servers as well, or is skipped
//! aloud for a reason that it names itself.

use crate::kit::{bot, say_aloud};
use crate::others::Other;
use std::fs;
use std::path::{Path, PathBuf};

/// These servers take no names but in Latin letters. The first part of a name
/// may be a line of its own.
const NAMES: [(&str, &str); 14] = [
    ("小明", "Ming"),
    ("小花", "Hua"),
    ("小安", "An"),
    ("大明", "DaMing"),
    ("大花", "DaHua"),
    ("學生", "Student"),
    ("同學", "Mate"),
    ("瀏覽器", "Browser"),
    ("沉", "Si"),
    ("默", "lent"),
    ("無言", "Mute"),
    ("路人", "Passer"),
    ("甲", "Jia"),
    ("乙", "Yi"),
];

#[test]
fn ngircd_passes_every_script() {
    let penalty = "MaxNickLength = 16\nMaxPenaltyTime = 0";
    all_pass("ngircd", || Other::ngircd_with(penalty));
}

#[test]
fn inspircd_passes_every_script() {
    all_pass("inspircd", Other::inspircd);
}

/// On several servers at once: some let a second pass before they close a
/// connection.
const SERVERS: usize = 6;

fn all_pass(name: &str, start: impl Fn() -> Option<Other>) {
    let servers: Vec<Other> = (0..SERVERS).map_while(|_| start()).collect();
    if servers.is_empty() {
        return;
    }
    let folder = std::env::temp_dir().join(format!("roomchat-fixtures-{name}-{}", crate::kit::unique()));
    fs::create_dir_all(&folder).unwrap();
    let (folder, paths) = (&folder, written(&folder));
    std::thread::scope(|scope| {
        for (first, server) in servers.iter().enumerate() {
            let mine: Vec<&PathBuf> = paths.iter().skip(first).step_by(SERVERS).collect();
            scope.spawn(move || passes(name, folder, &mine, server));
        }
    });
    fs::remove_dir_all(folder).unwrap();
}

/// With names that these servers take.
fn written(folder: &Path) -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut scripts: Vec<PathBuf> =
        fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    scripts.sort();
    let copy = |script: &PathBuf| {
        let source = fs::read_to_string(script).unwrap();
        let text = NAMES.iter().fold(source, |text, (name, latin)| text.replace(name, latin));
        let path = folder.join(script.file_name().unwrap());
        fs::write(&path, text).unwrap();
        path
    };
    scripts.iter().map(copy).collect()
}

fn passes(name: &str, folder: &Path, paths: &[&PathBuf], server: &Other) {
    let output = bot().args(paths).args(["--server", &server.address.to_string()]).output().unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    for line in
        told.lines().filter(|line| line.contains(": skipped: only if") || line.contains(": skipped: not if"))
    {
        let script = line.strip_prefix(&*folder.to_string_lossy()).unwrap_or(line).trim_start_matches('/');
        say_aloud(&format!("SKIPPED on {name}: {script}"));
    }
}
