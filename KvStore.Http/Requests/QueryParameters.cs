using KvStore.Http.Responses;

namespace KvStore.Http.Requests;

/// <summary>The query parameters that mean something here. The names on the wire are these in camelCase, in any case.</summary>
internal enum Parameter
{
    IfVersion,
    Consistency,
    Prefix,
    After,
    Limit,
    Values,
}

/// <summary>
/// A query, decoded strictly (a plus is a space). Parameters that nobody knows are ignored; one that is known must not be
/// repeated, and must not stand where it means nothing: a guard that is ignored is an unguarded write.
/// </summary>
internal sealed class QueryParameters
{
    private static readonly string[] Names = ["ifVersion", "consistency", "prefix", "after", "limit", "values"];
    private static readonly QueryParameters Empty = new();

    private readonly string?[] _values = new string?[Names.Length];

    private QueryParameters()
    {
    }

    public string? this[Parameter parameter] => _values[(int)parameter];

    public static string NameOf(Parameter parameter) => Names[(int)parameter];

    public static Parsed<QueryParameters> Read(string encoded)
    {
        if (encoded.Length == 0)
        {
            return Empty;
        }

        var query = new QueryParameters();
        foreach (var range in encoded.AsSpan().Split('&'))
        {
            var pair = encoded.AsSpan(range);
            if (!pair.IsEmpty && query.Add(pair) is { } fault)
            {
                return Problems.BadQuery(fault);
            }
        }

        return query;
    }

    /// <summary>The problem of a parameter that is known, but not one of <paramref name="applicable"/>.</summary>
    public Problem? Inapplicable(string method, params ReadOnlySpan<Parameter> applicable)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            if (_values[i] is not null && !applicable.Contains((Parameter)i))
            {
                return Problems.BadQuery($"'{Names[i]}' means nothing on {method} of this resource");
            }
        }

        return null;
    }

    private string? Add(ReadOnlySpan<char> pair)
    {
        var equals = pair.IndexOf('=');
        var encodedName = equals < 0 ? pair : pair[..equals];
        var encodedValue = equals < 0 ? [] : pair[(equals + 1)..];
        if (!PercentDecoder.TryDecode(encodedName, plusIsSpace: true, out var name, out var fault))
        {
            return $"a parameter's name cannot be decoded: {fault}";
        }

        if (!PercentDecoder.TryDecode(encodedValue, plusIsSpace: true, out var value, out fault))
        {
            return $"the value of '{name}' cannot be decoded: {fault}";
        }

        var index = Array.FindIndex(Names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            return null;
        }

        if (_values[index] is not null)
        {
            return $"'{Names[index]}' is given more than once";
        }

        _values[index] = value;
        return null;
    }
}
