//! JUnit XML, as much of it as plans and reports need. No clock and no random number is in it.

use std::borrow::Cow;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

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
    let all: Vec<&Case> = suites.iter().flat_map(|suite| &suite.cases).collect();
    let mut xml = Xml(Writer::new_with_indent(out, b' ', 4));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let Counts { tests, skipped, failures } = Counts::of(all);
    let attributes =
        [("name", name), ("tests", &tests), ("skipped", &skipped), ("failures", &failures), ("errors", "0")];
    xml.element("testsuites", &attributes, |xml| suites.iter().try_for_each(|suite| xml.suite(name, suite)))?;
    xml.0.write_indent()
}

/// How many cases there are of each sort, as attributes say it.
struct Counts {
    tests: String,
    skipped: String,
    failures: String,
}

impl Counts {
    fn of<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Self {
        let (mut tests, mut skipped, mut failures) = (0, 0, 0);
        for case in cases {
            tests += 1;
            match case.result {
                Verdict::Passed => {}
                Verdict::Failed { .. } => failures += 1,
                Verdict::Skipped { .. } => skipped += 1,
            }
        }
        let [tests, skipped, failures] = [tests, skipped, failures].map(|count: usize| count.to_string());
        Self { tests, skipped, failures }
    }
}

/// Writes elements, each a line of its own unless it holds a text.
struct Xml<W>(Writer<W>);

impl<W: Write> Xml<W> {
    fn suite(&mut self, class: &str, suite: &Suite) -> io::Result<()> {
        let Counts { tests, skipped, failures } = Counts::of(&suite.cases);
        let attributes = [
            ("name", suite.name.as_str()),
            ("tests", &tests),
            ("skipped", &skipped),
            ("errors", "0"),
            ("failures", &failures),
        ];
        if suite.properties.is_empty() && suite.cases.is_empty() {
            return self.empty("testsuite", &attributes);
        }
        self.element("testsuite", &attributes, |xml| {
            if !suite.properties.is_empty() {
                xml.element("properties", &[], |xml| {
                    let mut properties = suite.properties.iter();
                    properties.try_for_each(|(name, value)| {
                        xml.empty("property", &[("name", name), ("value", value)])
                    })
                })?;
            }
            suite.cases.iter().try_for_each(|case| xml.case(class, case))
        })
    }

    fn case(&mut self, class: &str, case: &Case) -> io::Result<()> {
        let attributes = [("name", case.name.as_str()), ("classname", class)];
        if matches!(case.result, Verdict::Passed) && case.output.is_none() {
            return self.empty("testcase", &attributes);
        }
        self.element("testcase", &attributes, |xml| {
            match &case.result {
                Verdict::Passed => {}
                Verdict::Failed { message, text } => {
                    xml.element("failure", &[("message", message)], |xml| xml.text(text))?;
                }
                Verdict::Skipped { message } => xml.empty("skipped", &[("message", message)])?,
            }
            match &case.output {
                Some(output) => xml.element("system-out", &[], |xml| xml.text(output)),
                None => Ok(()),
            }
        })
    }

    fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.0.write_event(Event::Start(tag(name, attributes)))?;
        inside(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.0.write_event(Event::Empty(tag(name, attributes)))
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.0.write_event(Event::Text(BytesText::new(&allowed(text))))
    }
}

fn tag<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
    let mut tag = BytesStart::new(name);
    for (key, value) in attributes {
        tag.push_attribute((*key, allowed(value).as_ref()));
    }
    tag
}

/// A text without the characters that XML cannot hold, not even escaped.
fn allowed(text: &str) -> Cow<'_, str> {
    let forbidden =
        |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(case: Case) -> String {
        let mut out = Vec::new();
        let suites = vec![Suite { name: "s".to_owned(), properties: Vec::new(), cases: vec![case] }];
        write("r", suites, &mut out).expect("memory takes it");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn what_no_xml_can_hold_is_left_out_and_the_rest_escaped() {
        let text = "a\u{1b}[1m\0<b>&\"'\u{ffff}\t字";
        let result = Verdict::Failed { message: text.to_owned(), text: text.to_owned() };
        let xml = written(Case { name: text.to_owned(), result, output: Some(text.to_owned()) });
        assert!(!xml.contains(['\u{1b}', '\0', '\u{ffff}']), "{xml}");
        assert!(xml.contains("<system-out>a[1m&lt;b&gt;&amp;&quot;&apos;\t字</system-out>"), "{xml}");
        let mut reader = quick_xml::Reader::from_str(&xml);
        while !matches!(reader.read_event().expect("well-formed"), Event::Eof) {}
    }

    #[test]
    fn a_case_without_words_and_a_suite_without_cases_are_empty_elements() {
        let xml = written(Case { name: "n".to_owned(), result: Verdict::Passed, output: None });
        assert!(xml.contains("<testcase name=\"n\" classname=\"r\"/>"), "{xml}");
        let mut out = Vec::new();
        let suites = vec![Suite { name: "s".to_owned(), properties: Vec::new(), cases: Vec::new() }];
        write("r", suites, &mut out).expect("memory takes it");
        let xml = String::from_utf8(out).expect("UTF-8");
        assert!(
            xml.contains("<testsuite name=\"s\" tests=\"0\" skipped=\"0\" errors=\"0\" failures=\"0\"/>"),
            "{xml}"
        );
    }
}
