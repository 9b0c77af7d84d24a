//! Planning beside a bare loop of the `csv` crate over the same file.
//!
//! `cargo bench --bench plan`

mod support;

use std::path::Path;
use std::sync::OnceLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tempfile::TempDir;
use wxcast::campaign::Campaign;

const ROWS: usize = 1_000_000;

fn main() {
    divan::main();
}

/// The two campaigns, made once.
fn made() -> &'static (TempDir, Campaign, Campaign) {
    static MADE: OnceLock<(TempDir, Campaign, Campaign)> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let plain = support::campaign(folder.path(), ROWS, support::PLAIN);
        let branched = support::campaign(folder.path(), ROWS, support::BRANCHED);
        (folder, plain, branched)
    })
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn a_bare_csv_loop(bencher: Bencher) {
    let path = &made().1.audience.source.path;
    bencher.counter(ItemsCount::new(ROWS)).bench(|| bare(path));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn b_plan_plain_variables(bencher: Bencher) {
    let campaign = &made().1;
    bencher.counter(ItemsCount::new(ROWS)).bench(|| plan(campaign));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn c_plan_branch_and_helper(bencher: Bencher) {
    let campaign = &made().2;
    bencher.counter(ItemsCount::new(ROWS)).bench(|| plan(campaign));
}

/// Beside the first: what reading a time a row and keeping its deadline adds. What putting them into their order and
/// forecasting adds, and what is kept in memory for it, `cargo bench --bench windows` measures of the program as a whole.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn d_plan_with_windows(bencher: Bencher) {
    static MADE: OnceLock<(TempDir, Campaign)> = OnceLock::new();
    let (_, campaign) = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let campaign = support::campaign_with_windows(folder.path(), ROWS);
        (folder, campaign)
    });
    bencher.counter(ItemsCount::new(ROWS)).bench(|| plan(campaign));
}

fn bare(path: &Path) -> usize {
    let mut reader = csv::Reader::from_path(path).expect("an audience");
    let mut record = csv::ByteRecord::new();
    let mut bytes = 0;
    while reader.read_byte_record(&mut record).expect("a row") {
        bytes += black_box(record.as_slice().len());
    }
    bytes
}

fn plan(campaign: &Campaign) -> u64 {
    let plan = wxcast::plan::plan(campaign);
    assert_eq!(plan.diagnostics.errors(), 0);
    plan.counts.planned
}
