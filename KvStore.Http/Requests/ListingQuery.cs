using System.Globalization;
using System.Text;
using KvStore.Http.Responses;
using KvStore.Messages.Keys;

namespace KvStore.Http.Requests;

/// <summary>Which keys a listing is to give.</summary>
/// <param name="Prefix">Only keys that begin with this; empty for all.</param>
/// <param name="After">Only keys that sort after this; empty for all.</param>
/// <param name="Limit">At most so many lines; <see cref="long.MaxValue"/> where no limit was asked for.</param>
/// <param name="Values">Whether each line has the value and its version.</param>
internal sealed record ListingQuery(string Prefix, string After, long Limit, bool Values)
{
    public static Parsed<ListingQuery> Read(QueryParameters parameters, string method, int maxLimit)
    {
        if (parameters.Inapplicable(method, Parameter.Prefix, Parameter.After, Parameter.Limit, Parameter.Values) is { } inapplicable)
        {
            return inapplicable;
        }

        if ((FaultOf(parameters, Parameter.Prefix) ?? FaultOf(parameters, Parameter.After)) is { } fault)
        {
            return Problems.BadQuery(fault);
        }

        var limit = long.MaxValue;
        if (parameters[Parameter.Limit] is { } limitText
            && (!long.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit < 1 || limit > maxLimit))
        {
            return Problems.BadQuery($"'{QueryParameters.NameOf(Parameter.Limit)}' is a whole number from 1 to {maxLimit}");
        }

        var values = false;
        if (parameters[Parameter.Values] is { } valuesText && !bool.TryParse(valuesText, out values))
        {
            return Problems.BadQuery($"'{QueryParameters.NameOf(Parameter.Values)}' is 'true' or 'false'");
        }

        return new ListingQuery(parameters[Parameter.Prefix] ?? "", parameters[Parameter.After] ?? "", limit, values);
    }

    // Neither must be a key ("a/." is a fair prefix of "a/.b"), but both go to the store as text that could be part of one.
    private static string? FaultOf(QueryParameters parameters, Parameter parameter)
    {
        if (parameters[parameter] is not { } text)
        {
            return null;
        }

        if (Encoding.UTF8.GetByteCount(text) > Limits.MaxKeyBytes)
        {
            return $"'{QueryParameters.NameOf(parameter)}' has at most {Limits.MaxKeyBytes} bytes of UTF-8, as a key has";
        }

        foreach (var c in text)
        {
            if (c is < ' ' or '\u007F')
            {
                return $"'{QueryParameters.NameOf(parameter)}' holds a control character, as no key does";
            }
        }

        return null;
    }
}
