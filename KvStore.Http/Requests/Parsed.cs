using System.Diagnostics.CodeAnalysis;
using KvStore.Http.Responses;

namespace KvStore.Http.Requests;

/// <summary>What reading a part of a request gave: a value, or the problem to answer with.</summary>
internal readonly struct Parsed<T>
    where T : notnull
{
    private readonly T? _value;
    private readonly Problem? _problem;

    private Parsed(T? value, Problem? problem)
    {
        _value = value;
        _problem = problem;
    }

    public static implicit operator Parsed<T>(T value) => new(value, null);

    public static implicit operator Parsed<T>(Problem problem) => new(default, problem);

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Problem? problem)
    {
        value = _value;
        problem = _problem;
        return problem is null;
    }
}
