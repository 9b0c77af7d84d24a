//! JUnit XML: the one file that knows the crate which writes it. No clock and no random number is in it.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// What is tested together.
#[derive(Debug)]
pub(crate) struct Suite {
    /// Its name.
    pub(crate) name: String,
    /// What is known of it as a whole.
    pub(crate) properties: Vec<(String, String)>,
    /// Its cases.
    pub(crate) cases: Vec<Case>,
}

/// One test.
#[derive(Debug)]
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: String,
    /// How it went.
    pub(crate) result: Verdict,
    /// What it had to say.
    pub(crate) output: Option<String>,
}

/// How a test went.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Well.
    Passed,
    /// It failed.
    Failed {
        /// Why, in a line.
        message: String,
        /// Why, at length.
        text: String,
    },
    /// It was not reached.
    Skipped {
        /// Why.
        message: String,
    },
}

/// Writes a report.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(name: &str, suites: Vec<Suite>, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new(name);
    report.add_test_suites(suites.into_iter().map(|suite| test_suite(name, suite)));
    report.serialize(out).map_err(io::Error::other)
}

fn test_suite(class: &str, suite: Suite) -> TestSuite {
    let mut made = TestSuite::new(suite.name);
    for (name, value) in suite.properties {
        made.add_property((name.as_str(), value.as_str()));
    }
    made.add_test_cases(suite.cases.into_iter().map(|case| test_case(class, case)));
    made
}

fn test_case(class: &str, case: Case) -> TestCase {
    let status = match case.result {
        Verdict::Passed => TestCaseStatus::success(),
        Verdict::Failed { message, text } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(message).set_description(text);
            status
        }
        Verdict::Skipped { message } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(message);
            status
        }
    };
    let mut made = TestCase::new(case.name, status);
    made.set_classname(class);
    if let Some(output) = case.output {
        made.set_system_out(output);
    }
    made
}
