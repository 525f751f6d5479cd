//! The packages that the executable and its tests are made of.

use serde_json::Value;
use std::process::Command;

/// Licences under which an executable with the MIT licence may contain a package: permissive ones, and
/// MPL-2.0, which asks for the source of that package's own files only.
const ALLOWED: [&str; 11] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// All packages of `Cargo.lock`, ours and those for other systems included.
fn packages() -> Vec<Value> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--locked", "--format-version", "1"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(metadata["packages"].take()).unwrap()
}

/// Whether a licence expression (SPDX, or crates.io's older form with slashes) can be met by allowed
/// licences. OR is read as if it bound closer than AND, so brackets only make this stricter.
fn is_allowed(expression: &str) -> bool {
    let is_met = |choice: &str| {
        let mut licences = choice.split(" OR ").flat_map(|licence| licence.split('/'));
        licences.any(|licence| ALLOWED.contains(&licence.trim_matches(['(', ')', ' '])))
    };
    expression.split(" AND ").all(is_met)
}

#[test]
fn licences_are_allowed() {
    for (expression, allowed) in [
        ("MIT", true),
        ("GPL-3.0-only OR MIT", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0-only", false),
        ("Unlicense/GPL-2.0", true),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression), allowed, "{expression}");
    }
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !is_allowed(package["license"].as_str().unwrap_or_default()))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert_eq!(refused, [""; 0]);
}

/// No package needs a newer compiler than `rust-version` says.
#[test]
fn rust_version_is_enough_for_all() {
    let version = |text: &str| text.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    for package in packages() {
        let theirs = package["rust_version"].as_str().map(version).unwrap_or_default();
        assert!(theirs[..theirs.len().min(2)] <= ours[..], "{} needs {theirs:?}", package["name"]);
    }
}
