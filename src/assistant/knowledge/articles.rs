//! Articles: Markdown with a few lines of front matter, cut into sections by its headings.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::language::Language;

/// The longest file that is read as an article, bytes.
pub const ARTICLE_BYTES: usize = 1 << 20;
/// A section longer than this is cut at a line's end, characters; a quote is far shorter.
const SECTION_CHARS: usize = 2_000;
/// The longest value in front matter, characters.
const VALUE_CHARS: usize = 1_000;

/// Something people may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// The file name without its ending.
    pub id: String,
    /// From the front matter, else the first heading, else the id.
    pub title: String,
    /// Lower case. An article without tags is for everybody.
    pub tags: Vec<String>,
    /// Only this chatbot may use it.
    pub chatbot: Option<String>,
    /// Given, or guessed from the words.
    pub language: Language,
    /// Words that people ask with and the text does not have; searched, never shown.
    pub keywords: String,
    /// The text, in order; at least one.
    pub sections: Vec<Section>,
}

/// The text under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Empty before the first heading.
    pub heading: String,
    /// Plain text; a line is a paragraph, an item of a list, a row of a table or a line of code.
    pub text: String,
}

/// Why a file is no article.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {fault}")]
pub struct ArticleError {
    /// The file's name.
    pub file: String,
    /// From 1; 1 too when the fault is the file's as a whole.
    pub line: usize,
    /// What is wrong.
    pub fault: ArticleFault,
}

/// What is wrong with an article.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArticleFault {
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// Larger than [`ARTICLE_BYTES`].
    #[error("longer than {ARTICLE_BYTES} bytes")]
    TooLong,
    /// Not text.
    #[error("not UTF-8 text")]
    NotText,
    /// No words in it.
    #[error("no text")]
    Empty,
    /// The first line is `---` and no later one is.
    #[error("the front matter has no end: expected a line ---")]
    NoEnd,
    /// A line of the front matter that is not `key: value`.
    #[error("expected key: value")]
    NotKeyValue,
    /// A key that means nothing here.
    #[error("unknown key; expected title, tags, chatbot, language or keywords")]
    UnknownKey,
    /// The key stands there twice.
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// A line of the list of synonyms that is not two or more single words with commas between them.
    #[error("expected words with commas between them")]
    NotGroup,
    /// A synonym that an earlier line of the list has as well.
    #[error("a word stands in two groups")]
    TwoGroups,
    /// The value is empty, too long, or not one that the key may have.
    #[error("{0} has no usable value")]
    BadValue(&'static str),
}

/// What the front matter said.
#[derive(Default)]
struct Front {
    title: Option<String>,
    tags: Option<String>,
    chatbot: Option<String>,
    language: Option<String>,
    keywords: Option<String>,
}

impl Article {
    /// Reads an article from a file's content.
    ///
    /// # Errors
    /// An [`ArticleError`] that names the file and the line.
    pub fn parse(id: &str, content: &[u8]) -> Result<Self, ArticleError> {
        let file = format!("{id}.md");
        let fail = |line, fault| ArticleError { file: file.clone(), line, fault };
        if content.len() > ARTICLE_BYTES {
            return Err(fail(1, ArticleFault::TooLong));
        }
        let text = std::str::from_utf8(content).map_err(|_| fail(1, ArticleFault::NotText))?;
        let text = text.trim_start_matches('\u{feff}');
        if text.contains('\0') {
            return Err(fail(1, ArticleFault::NotText));
        }
        let (front, body) = read_front(text).map_err(|(line, fault)| fail(line, fault))?;
        let (first_heading, sections) = cut(body);
        if sections.is_empty() {
            return Err(fail(1, ArticleFault::Empty));
        }
        let language = match front.language.as_deref() {
            None => {
                Language::guess(&sections.iter().map(|section| section.text.as_str()).collect::<Vec<_>>().join(" "))
            }
            Some(code) => Language::from_code(code).unwrap_or_default(),
        };
        let tags = front.tags.unwrap_or_default();
        Ok(Self {
            id: id.to_owned(),
            title: front.title.or(first_heading).unwrap_or_else(|| id.to_owned()),
            tags: tags.split(',').map(|tag| tag.trim().to_lowercase()).filter(|tag| !tag.is_empty()).collect(),
            chatbot: front.chatbot,
            language,
            keywords: front.keywords.unwrap_or_default(),
            sections,
        })
    }

    /// Whether somebody with these tags may read it; no tags = all articles.
    pub fn is_for(&self, tags: &[String]) -> bool {
        tags.is_empty() || self.tags.is_empty() || tags.iter().any(|tag| self.tags.contains(&tag.trim().to_lowercase()))
    }
}

/// The front matter and the rest. A line number counts from 1.
fn read_front(text: &str) -> Result<(Front, &str), (usize, ArticleFault)> {
    let mut front = Front::default();
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else { return Ok((front, text)) };
    let mut read = first.len();
    for (line, number) in lines.zip(2..) {
        read += line.len();
        let line = line.trim();
        if line == "---" {
            return Ok((front, text.get(read..).unwrap_or_default()));
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        take_line(&mut front, line).map_err(|fault| (number, fault))?;
    }
    Err((1, ArticleFault::NoEnd))
}

fn take_line(front: &mut Front, line: &str) -> Result<(), ArticleFault> {
    let (key, value) = line.split_once(':').ok_or(ArticleFault::NotKeyValue)?;
    let (name, slot) = match key.trim() {
        "title" => ("title", &mut front.title),
        "tags" => ("tags", &mut front.tags),
        "chatbot" => ("chatbot", &mut front.chatbot),
        "language" => ("language", &mut front.language),
        "keywords" => ("keywords", &mut front.keywords),
        _ => return Err(ArticleFault::UnknownKey),
    };
    let value = unquoted(value.trim());
    let known = name != "language" || Language::from_code(value).is_some();
    if value.is_empty() || value.chars().count() > VALUE_CHARS || value.chars().any(char::is_control) || !known {
        return Err(ArticleFault::BadValue(name));
    }
    if slot.replace(value.to_owned()).is_some() {
        return Err(ArticleFault::Twice(name));
    }
    Ok(())
}

fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.or_else(|| value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))).unwrap_or(value)
}

/// The first heading of the first rank, and the sections that hold text.
fn cut(body: &str) -> (Option<String>, Vec<Section>) {
    let mut cutter = Cutter::default();
    for event in Parser::new_ext(body, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        cutter.take(event);
    }
    cutter.close();
    (cutter.first_heading, cutter.sections)
}

#[derive(Default)]
struct Cutter {
    sections: Vec<Section>,
    open: Section,
    heading: Option<String>,
    first_heading: Option<String>,
    chars: usize,
}

impl Cutter {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                self.close();
                self.open.heading.clear();
                self.heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => self.end_heading(),
            Event::Start(Tag::Item) => self.push("- "),
            Event::Text(text) | Event::Code(text) => self.push(&text),
            Event::SoftBreak => self.push(" "),
            Event::End(TagEnd::TableCell) => self.push("; "),
            Event::HardBreak | Event::Rule => self.end_line(),
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableRow | TagEnd::TableHead | TagEnd::CodeBlock) => {
                self.end_line()
            }
            _ => {}
        }
    }

    fn end_heading(&mut self) {
        let heading = self.heading.take().unwrap_or_default().trim().to_owned();
        if self.first_heading.is_none() && !heading.is_empty() {
            self.first_heading = Some(heading.clone());
        }
        self.open.heading = heading;
    }

    fn push(&mut self, text: &str) {
        let clean = text.chars().filter(|c| *c == '\n' || !c.is_control());
        match &mut self.heading {
            Some(heading) => heading.extend(clean),
            None => {
                self.open.text.extend(clean);
                self.chars += text.chars().count();
            }
        }
    }

    fn end_line(&mut self) {
        let kept = self.open.text.trim_end_matches([' ', '\n', ';']).len();
        self.open.text.truncate(kept);
        if !self.open.text.is_empty() {
            self.open.text.push('\n');
            self.chars += 1;
        }
        if self.chars > SECTION_CHARS {
            self.close();
        }
    }

    /// Puts the open section away; a next one begins under the same heading.
    fn close(&mut self) {
        let heading = self.open.heading.clone();
        let done = std::mem::replace(&mut self.open, Section { heading, text: String::new() });
        self.chars = 0;
        let text = done.text.trim();
        if text.chars().any(char::is_alphanumeric) {
            self.sections.push(Section { heading: done.heading, text: text.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Article, ArticleError> {
        Article::parse("a", text.as_bytes())
    }

    fn fault(text: &str) -> (usize, ArticleFault) {
        let error = parse(text).unwrap_err();
        assert_eq!(error.file, "a.md");
        (error.line, error.fault)
    }

    #[test]
    fn front_matter_is_read() {
        let text = "\u{feff}---\r\ntitle: \"Opening: hours\"\r\ntags: [Demo, shop ]\r\nchatbot: shop\r\n# a comment\r\n\r\nlanguage: de\r\n\
                    keywords: open close\r\n---\r\nWe are open.\r\n";
        let article = parse(text).unwrap();
        assert_eq!(article.title, "Opening: hours");
        assert_eq!(article.tags, ["demo", "shop"]);
        assert_eq!(article.chatbot.as_deref(), Some("shop"));
        assert_eq!(article.language, Language::German);
        assert_eq!(article.keywords, "open close");
        assert_eq!(article.sections, [Section { heading: String::new(), text: "We are open.".into() }]);
    }

    #[test]
    fn without_front_matter_the_first_heading_is_the_title() {
        assert_eq!(parse("# Returns\n\nSend it back.").unwrap().title, "Returns");
        assert_eq!(parse("Send it back.").unwrap().title, "a");
        assert_eq!(parse("Die Ware kann nicht zurück.").unwrap().language, Language::German);
    }

    #[test]
    fn a_bad_line_is_named() {
        assert_eq!(fault("---\ntitle: A\ntag: x\n---\ntext"), (3, ArticleFault::UnknownKey));
        assert_eq!(fault("---\n\ntitle\n---\ntext"), (3, ArticleFault::NotKeyValue));
        assert_eq!(fault("---\ntitle:\n---\ntext"), (2, ArticleFault::BadValue("title")));
        assert_eq!(fault("---\ntitle: A\ntitle: B\n---\ntext"), (3, ArticleFault::Twice("title")));
        assert_eq!(fault("---\nlanguage: klingon\n---\ntext"), (2, ArticleFault::BadValue("language")));
        assert_eq!(fault("---\ntitle: A\ntext"), (3, ArticleFault::NotKeyValue));
        assert_eq!(fault("---\ntitle: A\n"), (1, ArticleFault::NoEnd));
        assert_eq!(
            parse("---\ntag: x\n---\n").unwrap_err().to_string(),
            "a.md:2: unknown key; expected title, tags, chatbot, language or keywords"
        );
    }

    #[test]
    fn what_is_no_text_is_no_article() {
        assert_eq!(fault(""), (1, ArticleFault::Empty));
        assert_eq!(fault("---\ntitle: A\n---\n\n# Only a heading\n\n---\n"), (1, ArticleFault::Empty));
        assert_eq!(Article::parse("a", &[0xff, 0xfe, 0x00]).unwrap_err().fault, ArticleFault::NotText);
        assert_eq!(fault("a\0b"), (1, ArticleFault::NotText));
        assert_eq!(fault(&"a".repeat(ARTICLE_BYTES + 1)), (1, ArticleFault::TooLong));
    }

    #[test]
    fn headings_cut_sections_and_marks_go_away() {
        let text = "Intro **bold** and `code_name`\nnext [line](https://a.example).\n\n## Two\n\n- one\n- *two*\n\n1. first\n\n```sh\n# no heading\nls\n```\n\n\
                    ## Empty\n\n### Three\n\n| a | b |\n|---|---|\n| c | d |\n\n<script>alert(1)</script>\n";
        let article = parse(text).unwrap();
        let sections: Vec<(&str, &str)> =
            article.sections.iter().map(|section| (section.heading.as_str(), section.text.as_str())).collect();
        assert_eq!(
            sections,
            [
                ("", "Intro bold and code_name next line."),
                ("Two", "- one\n- two\n- first\n# no heading\nls"),
                ("Three", "a; b\nc; d"),
            ]
        );
    }

    #[test]
    fn a_section_without_end_is_cut() {
        let article = parse(&"One more paragraph of many words.\n\n".repeat(10_000)).unwrap();
        assert!(article.sections.len() > 100);
        assert!(article.sections.iter().all(|section| section.text.chars().count() <= SECTION_CHARS + 40));
        // One line of a megabyte, and marks nested as deep as can be: whatever comes out, it comes out.
        assert_eq!(parse(&"word ".repeat(200_000)).unwrap().sections.len(), 1);
        assert!(parse(&format!("{}text", "> ".repeat(100_000))).is_ok());
        assert!(parse(&format!("{}text", "[".repeat(100_000))).is_ok());
    }
}
