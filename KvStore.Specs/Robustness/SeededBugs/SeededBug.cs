using System.Collections.Immutable;

namespace KvStore.Specs.Robustness.SeededBugs;

/// <summary>
/// A rule of the protocol, broken on purpose in a copy of the sources: production code has no switch for it. A robustness
/// suite that does not find it is too weak.
/// </summary>
/// <param name="Name">In upper camel case; the name of the mutant's directory.</param>
/// <param name="Rule">The rule that is broken, in one sentence.</param>
/// <param name="Within">
/// The time in which the faults that the bug's comment names must expose it, counted from the first of them, the start of the
/// nodes excluded.
/// </param>
/// <param name="Engines">Where it can be seen.</param>
/// <param name="Edits">What breaks the rule.</param>
internal sealed record SeededBug(string Name, string Rule, TimeSpan Within, SeededIn Engines, ImmutableArray<SourceEdit> Edits)
{
    /// <summary>For the names of specs.</summary>
    public override string ToString() => Name;
}

[Flags]
internal enum SeededIn
{
    Sqlite = 1,
    Postgres = 2,
    Both = Sqlite | Postgres,
}

/// <summary>One change of one source file.</summary>
/// <param name="File">Relative to the repository, with slashes.</param>
/// <param name="Find">Exactly as it stands there, line breaks and indentation included; it must stand there once.</param>
internal sealed record SourceEdit(string File, string Find, string Replacement)
{
    public string Project => File[..File.IndexOf('/', StringComparison.Ordinal)];

    /// <exception cref="InvalidOperationException">The text is not there, or more than once: the sources have moved on.</exception>
    public string ApplyTo(string source)
    {
        var at = source.IndexOf(Find, StringComparison.Ordinal);
        if (at < 0)
        {
            throw new InvalidOperationException($"{File} has no text '{Find}'");
        }

        if (source.IndexOf(Find, at + 1, StringComparison.Ordinal) >= 0)
        {
            throw new InvalidOperationException($"{File} has the text '{Find}' more than once");
        }

        return string.Concat(source.AsSpan(0, at), Replacement, source.AsSpan(at + Find.Length));
    }
}
