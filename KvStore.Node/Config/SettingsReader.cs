using System.ComponentModel;
using System.Globalization;
using System.Reflection;

namespace KvStore.Node.Config;

/// <summary>
/// Fills <see cref="NodeOptions"/> from the configuration and collects every fault on the way: names that no setting has
/// (a misspelt limit must not be ignored) and values that do not fit. The stock binder stops at the first.
/// </summary>
public static class SettingsReader
{
    public static NodeOptions Read(IConfiguration configuration, List<string> faults)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var options = new NodeOptions();
        Fill(options, configuration.GetSection(NodeOptions.Section), faults);
        return options;
    }

    /// <summary>All settings with their full names, their section's object and property, for help and docs.</summary>
    public static IEnumerable<(string Name, object Section, PropertyInfo Property)> Describe(object options, string section)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var property in options.GetType().GetProperties())
        {
            var name = $"{section}:{property.Name}";
            if (!IsSection(property))
            {
                yield return (name, options, property);
                continue;
            }

            foreach (var inner in Describe(property.GetValue(options)!, name))
            {
                yield return inner;
            }
        }
    }

    private static bool IsSection(PropertyInfo property) => property.PropertyType.Namespace == typeof(NodeOptions).Namespace && property.PropertyType.IsClass;

    private static void Fill(object options, IConfigurationSection section, List<string> faults)
    {
        var properties = options.GetType().GetProperties().ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
            {
                faults.Add($"{child.Path}: there is no such setting; {section.Path} has {string.Join(", ", properties.Keys.Order(StringComparer.Ordinal))}.");
            }
            else if (IsSection(property))
            {
                Fill(property.GetValue(options)!, child, faults);
            }
            else if (property.PropertyType == typeof(string[]))
            {
                property.SetValue(options, child.GetChildren().Select(item => item.Value ?? "").ToArray() is { Length: > 0 } items
                    ? items
                    : (child.Value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            }
            else
            {
                FillScalar(options, property, child, faults);
            }
        }
    }

    private static void FillScalar(object options, PropertyInfo property, IConfigurationSection child, List<string> faults)
    {
        var text = child.Value ?? "";
        var type = property.PropertyType;
        if (type.IsEnum)
        {
            // By name only: a number would pass the stock conversion whatever it is.
            var name = Enum.GetNames(type).FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
            if (name is null)
            {
                faults.Add($"{child.Path}: '{text}' is none of {string.Join(", ", Enum.GetNames(type))}.");
                return;
            }

            property.SetValue(options, Enum.Parse(type, name));
            return;
        }

        try
        {
            property.SetValue(options, TypeDescriptor.GetConverter(type).ConvertFromString(null, CultureInfo.InvariantCulture, text));
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            faults.Add($"{child.Path}: '{text}' is no {Expected(type)}.");
        }
    }

    private static string Expected(Type type) =>
        type == typeof(TimeSpan) ? "time span such as 00:00:05"
        : type == typeof(bool) ? "true or false"
        : type == typeof(string) ? "text"
        : "whole number in range";
}
