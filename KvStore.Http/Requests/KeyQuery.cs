using System.Globalization;
using KvStore.Http.Responses;
using KvStore.Messages.Keys;
using Microsoft.AspNetCore.Http;

namespace KvStore.Http.Requests;

/// <summary>What the query of a request about one key says.</summary>
internal readonly record struct KeyQuery(KeyVersion? IfVersion, bool AllowStale)
{
    private const string StaleConsistency = "stale";

    public static Parsed<KeyQuery> Read(QueryParameters parameters, string method)
    {
        if (method == HttpMethods.Get || method == HttpMethods.Head)
        {
            return parameters.Inapplicable(method, Parameter.Consistency) is { } problem ? problem : ReadConsistency(parameters);
        }

        if (method == HttpMethods.Put || method == HttpMethods.Patch || method == HttpMethods.Delete)
        {
            return parameters.Inapplicable(method, Parameter.IfVersion) is { } problem ? problem : ReadIfVersion(parameters);
        }

        // OPTIONS answers whatever is asked, and any other method is refused for itself.
        return default(KeyQuery);
    }

    private static Parsed<KeyQuery> ReadConsistency(QueryParameters parameters) => parameters[Parameter.Consistency] switch
    {
        null => default(KeyQuery),
        StaleConsistency => new KeyQuery(null, AllowStale: true),
        _ => Problems.BadQuery($"'{QueryParameters.NameOf(Parameter.Consistency)}' is '{StaleConsistency}' or left out"),
    };

    private static Parsed<KeyQuery> ReadIfVersion(QueryParameters parameters)
    {
        if (parameters[Parameter.IfVersion] is not { } text)
        {
            return default(KeyQuery);
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new KeyQuery(new KeyVersion(number), AllowStale: false)
            : Problems.BadQuery($"'{QueryParameters.NameOf(Parameter.IfVersion)}' is a whole number from 0 to {long.MaxValue}");
    }
}
