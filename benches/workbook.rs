//! Planning a workbook of 200,000 rows beside a CSV of the same cells, and beside what calamine takes to read it.
//!
//! `cargo bench --bench workbook`

mod support;

use std::path::Path;
use std::sync::OnceLock;

use calamine::Reader as _;
use divan::Bencher;
use divan::counter::ItemsCount;
use rust_xlsxwriter::Workbook;
use tempfile::TempDir;
use wxcast::audience::workbook::cache::Cache;
use wxcast::campaign::Campaign;

const ROWS: usize = 200_000;

fn main() {
    divan::main();
}

/// The same campaign to a CSV and to a workbook, made once.
fn made() -> &'static (TempDir, Campaign, Campaign) {
    static MADE: OnceLock<(TempDir, Campaign, Campaign)> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let csv = support::campaign(folder.path(), ROWS, support::PLAIN);
        let mut sheet = csv.clone();
        sheet.audience.source.path = folder.path().join("audience.xlsx");
        copy(&csv.audience.source.path, &sheet.audience.source.path);
        (folder, csv, sheet)
    })
}

fn copy(from: &Path, to: &Path) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_path(from).expect("an audience");
    for (number, row) in (0..).zip(rows.records()) {
        for (column, cell) in (0..).zip(&row.expect("a row")) {
            sheet.write_string(number, column, cell).expect("a cell");
        }
    }
    book.save(to).expect("a workbook");
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn a_plan_csv(bencher: Bencher) {
    let campaign = &made().1;
    bencher.counter(ItemsCount::new(ROWS)).bench(|| plan(campaign));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn b_plan_xlsx_for_the_first_time(bencher: Bencher) {
    let fresh = || {
        let mut campaign = made().2.clone();
        campaign.audience.source.cache = Cache::default();
        campaign
    };
    bencher.counter(ItemsCount::new(ROWS)).with_inputs(fresh).bench_refs(|campaign| plan(campaign));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn c_plan_xlsx_again(bencher: Bencher) {
    let campaign = &made().2;
    plan(campaign);
    bencher.counter(ItemsCount::new(ROWS)).bench(|| plan(campaign));
}

/// What the first plan is held against: the sheet read into a range, and nothing more.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn d_calamine_alone(bencher: Bencher) {
    let path = &made().2.audience.source.path;
    bencher.counter(ItemsCount::new(ROWS)).bench(|| {
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(path).expect("a workbook");
        book.worksheet_range_at(0).expect("a sheet").expect("readable").height()
    });
}

fn plan(campaign: &Campaign) -> u64 {
    let plan = wxcast::plan::plan(campaign);
    assert_eq!(plan.diagnostics.errors(), 0);
    plan.counts.planned
}
