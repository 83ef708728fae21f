using System.Runtime.CompilerServices;

namespace KvStore.Specs.OwnershipModel;

/// <summary>
/// Collects what can happen next in a state. A search needs no words and millions of steps, so that the text of a step is made
/// only while a trace is written down.
/// </summary>
internal sealed class Steps(bool describes)
{
    private Step[] _all = new Step[64];
    private int _count;

    public bool Describes { get; } = describes;

    public ReadOnlySpan<Step> All => _all.AsSpan(0, _count);

    public void Clear() => _count = 0;

    /// <summary>A step that shows nothing wrong by itself.</summary>
    public void Add(in ModelState next, [InterpolatedStringHandlerArgument("")] ref StepText text) =>
        Add(next, Violations.None, ref text);

    /// <param name="violation">What the step shows, if anything.</param>
    public void Add(in ModelState next, Violations violation, [InterpolatedStringHandlerArgument("")] ref StepText text)
    {
        if (_count == _all.Length)
        {
            Array.Resize(ref _all, _count * 2);
        }

        _all[_count++] = new Step(next, violation, Describes ? text.ToString() : null);
    }
}

internal readonly record struct Step(ModelState Next, Violations Violation, string? Text);

/// <summary>An interpolated string that is made only where somebody reads it.</summary>
[InterpolatedStringHandler]
internal ref struct StepText
{
    private DefaultInterpolatedStringHandler _text;

    public StepText(int literalLength, int formattedCount, Steps steps, out bool isWanted)
    {
        isWanted = steps.Describes;
        _text = isWanted ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public override string ToString() => _text.ToStringAndClear();
}
