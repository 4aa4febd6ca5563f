//! The directives that browsers know, and what each may hold.

use crate::ConfigError;

/// A directive of a policy. Obsolete ones (`block-all-mixed-content`, `plugin-types`, `referrer`) are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Directive {
    /// `default-src`: every directive that says from where and is not there.
    DefaultSrc,
    /// `child-src`: frames and workers.
    ChildSrc,
    /// `connect-src`: what scripts ask for.
    ConnectSrc,
    /// `fenced-frame-src`.
    FencedFrameSrc,
    /// `font-src`.
    FontSrc,
    /// `frame-src`.
    FrameSrc,
    /// `img-src`.
    ImgSrc,
    /// `manifest-src`.
    ManifestSrc,
    /// `media-src`.
    MediaSrc,
    /// `object-src`: plugins.
    ObjectSrc,
    /// `script-src`.
    ScriptSrc,
    /// `script-src-attr`: handlers such as `onclick`.
    ScriptSrcAttr,
    /// `script-src-elem`: `<script>`.
    ScriptSrcElem,
    /// `style-src`.
    StyleSrc,
    /// `style-src-attr`: `style` attributes.
    StyleSrcAttr,
    /// `style-src-elem`: `<style>` and style sheets.
    StyleSrcElem,
    /// `worker-src`.
    WorkerSrc,
    /// `base-uri`: what `<base>` may say.
    BaseUri,
    /// `form-action`: where forms are sent.
    FormAction,
    /// `frame-ancestors`: who may frame the answer.
    FrameAncestors,
    /// `sandbox`: a page as if in a sandboxed frame, but for these `allow-` words.
    Sandbox,
    /// `require-trusted-types-for`: `'script'`.
    RequireTrustedTypesFor,
    /// `trusted-types`: names of the policies that scripts may make.
    TrustedTypes,
    /// `upgrade-insecure-requests`: holds nothing. Left out of an answer that is not sent over https, where it would break every link.
    UpgradeInsecureRequests,
    /// `report-to`: the name of a [`ReportingEndpoint`](crate::headers::ReportingEndpoint).
    ReportTo,
    /// `report-uri`: for browsers without `report-to`, which the others obey first.
    ReportUri,
}

/// What a directive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Sources; scripts' and styles' have nonces, hashes and keywords of their own.
    Sources(Of),
    SandboxWords,
    Script,
    PolicyNames,
    Nothing,
    Name,
    Addresses,
}

/// Whose sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// `default-src`, which stands for the others.
    All,
    Scripts,
    Styles,
    Rest,
}

impl Directive {
    /// All of them. What browsers report is about one of these, or about nothing that we know.
    pub const ALL: [Self; 26] = [
        Self::DefaultSrc,
        Self::ChildSrc,
        Self::ConnectSrc,
        Self::FencedFrameSrc,
        Self::FontSrc,
        Self::FrameSrc,
        Self::ImgSrc,
        Self::ManifestSrc,
        Self::MediaSrc,
        Self::ObjectSrc,
        Self::ScriptSrc,
        Self::ScriptSrcAttr,
        Self::ScriptSrcElem,
        Self::StyleSrc,
        Self::StyleSrcAttr,
        Self::StyleSrcElem,
        Self::WorkerSrc,
        Self::BaseUri,
        Self::FormAction,
        Self::FrameAncestors,
        Self::Sandbox,
        Self::RequireTrustedTypesFor,
        Self::TrustedTypes,
        Self::UpgradeInsecureRequests,
        Self::ReportTo,
        Self::ReportUri,
    ];

    /// The name, such as `script-src`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DefaultSrc => "default-src",
            Self::ChildSrc => "child-src",
            Self::ConnectSrc => "connect-src",
            Self::FencedFrameSrc => "fenced-frame-src",
            Self::FontSrc => "font-src",
            Self::FrameSrc => "frame-src",
            Self::ImgSrc => "img-src",
            Self::ManifestSrc => "manifest-src",
            Self::MediaSrc => "media-src",
            Self::ObjectSrc => "object-src",
            Self::ScriptSrc => "script-src",
            Self::ScriptSrcAttr => "script-src-attr",
            Self::ScriptSrcElem => "script-src-elem",
            Self::StyleSrc => "style-src",
            Self::StyleSrcAttr => "style-src-attr",
            Self::StyleSrcElem => "style-src-elem",
            Self::WorkerSrc => "worker-src",
            Self::BaseUri => "base-uri",
            Self::FormAction => "form-action",
            Self::FrameAncestors => "frame-ancestors",
            Self::Sandbox => "sandbox",
            Self::RequireTrustedTypesFor => "require-trusted-types-for",
            Self::TrustedTypes => "trusted-types",
            Self::UpgradeInsecureRequests => "upgrade-insecure-requests",
            Self::ReportTo => "report-to",
            Self::ReportUri => "report-uri",
        }
    }

    /// The directive of this name, in any case.
    ///
    /// # Errors
    /// [`ConfigError::Directive`] where browsers know none, or one no more.
    pub fn parse(name: &str) -> Result<Self, ConfigError> {
        Self::find(name).ok_or_else(|| ConfigError::Directive(name.to_owned()))
    }

    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    pub(super) const fn holds(self) -> Holds {
        match self {
            Self::DefaultSrc => Holds::Sources(Of::All),
            Self::ScriptSrc | Self::ScriptSrcAttr | Self::ScriptSrcElem => Holds::Sources(Of::Scripts),
            Self::StyleSrc | Self::StyleSrcAttr | Self::StyleSrcElem => Holds::Sources(Of::Styles),
            Self::Sandbox => Holds::SandboxWords,
            Self::RequireTrustedTypesFor => Holds::Script,
            Self::TrustedTypes => Holds::PolicyNames,
            Self::UpgradeInsecureRequests => Holds::Nothing,
            Self::ReportTo => Holds::Name,
            Self::ReportUri => Holds::Addresses,
            _ => Holds::Sources(Of::Rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directive_is_found_by_its_name_and_obsolete_ones_are_not() {
        for directive in Directive::ALL {
            assert_eq!(Directive::parse(&directive.name().to_ascii_uppercase()), Ok(directive));
        }
        let names: std::collections::BTreeSet<_> = Directive::ALL.iter().map(|d| d.name()).collect();
        assert_eq!(names.len(), Directive::ALL.len());
        for wrong in
            ["", "img", "img_src", "scriptSrc", "block-all-mixed-content", "plugin-types", "img-src "]
        {
            assert_eq!(Directive::parse(wrong), Err(ConfigError::Directive(wrong.to_owned())));
        }
    }
}
