using System.Globalization;

namespace KvStore.Bench.Support;

/// <summary>What Linux counts about processes, by <c>/proc</c>.</summary>
internal static class ProcessUsage
{
    /// <summary>USER_HZ, which is 100 on every architecture that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>".NET Tiered Compilation Worker", as Linux cuts it.</summary>
    private const string CompilerThread = ".NET Tiered Com";

    private const int ParentField = 1;
    private const int FirstTimeField = 11;
    private const int TimeFields = 4;
    private const int OwnTimeFields = 2;

    /// <summary>CPU seconds of these processes and all of their descendants, those that ended included.</summary>
    public static double CpuSeconds(IEnumerable<int> roots)
    {
        var members = roots.ToHashSet();
        var processes = Directory.EnumerateDirectories("/proc").Select(directory => Path.GetFileName(directory))
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Fields: Fields(Text($"/proc/{id}/stat"))))
            .Where(process => process.Fields.Length > FirstTimeField + TimeFields)
            .ToDictionary(process => process.Id, process => process.Fields);
        return processes.Where(process => IsBelow(process.Key)).Sum(process =>
            process.Value.Skip(FirstTimeField).Take(TimeFields).Sum(field => long.Parse(field, CultureInfo.InvariantCulture))) / TicksPerSecond;

        bool IsBelow(int id)
        {
            while (!members.Contains(id))
            {
                if (!processes.TryGetValue(id, out var fields))
                {
                    return false;
                }

                id = int.Parse(fields[ParentField], CultureInfo.InvariantCulture);
            }

            return true;
        }
    }

    /// <summary>CPU seconds of the thread of .NET that compiles in the background, as long as there is one.</summary>
    public static double CompilerSeconds(int id) => Directory.EnumerateDirectories($"/proc/{id}/task")
        .Select(thread => Text($"{thread}/stat"))
        .Where(stat => stat.Contains($"({CompilerThread})", StringComparison.Ordinal))
        .Sum(stat => Fields(stat).Skip(FirstTimeField).Take(OwnTimeFields).Sum(field => long.Parse(field, CultureInfo.InvariantCulture))) / TicksPerSecond;

    /// <summary>Most bytes that the process has had resident since its start, or since the last <see cref="ForgetPeak"/>.</summary>
    public static long PeakBytes(int id) => Status(id, "VmHWM:");

    public static long ResidentBytes(int id) => Status(id, "VmRSS:");

    /// <summary>Lets the peak begin anew at what is resident now.</summary>
    public static void ForgetPeak(int id) => File.WriteAllText($"/proc/{id}/clear_refs", "5");

    /// <summary>Of what is in <c>stat</c>, from the state on: the name before it may hold anything.</summary>
    private static string[] Fields(string stat) => stat.Length == 0 ? [] : stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

    /// <summary>Empty where the process or the thread has ended.</summary>
    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static long Status(int id, string name)
    {
        var line = File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
