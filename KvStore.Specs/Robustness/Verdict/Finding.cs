namespace KvStore.Specs.Robustness.Verdict;

internal enum FindingKind
{
    /// <summary>The system broke a promise.</summary>
    Violation,

    /// <summary>The judgement was given up: nobody knows.</summary>
    Undecided,

    /// <summary>The run shows nothing, since too little happened, or its end was not looked at.</summary>
    Invalid,
}

/// <param name="Check">Which of the checks it is from.</param>
/// <param name="Text">For a person; may have several lines.</param>
internal sealed record Finding(FindingKind Kind, string Check, string Text);
