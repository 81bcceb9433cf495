# Written by `make generate` from assets/report.html.j2.
# mypy: ignore-errors
from prodigy_action.report.page.template_runtime import Markup, TemplateRuntimeError, Undefined, escape, internalcode, missing
name = None

def root(context, missing=missing):
    resolve = context.resolve_or_missing
    undefined = environment.undefined
    concat = environment.concat
    cond_expr_undefined = Undefined
    if 0: yield None
    l_0_policy = resolve('policy')
    l_0_mark = resolve('mark')
    l_0_headline = resolve('headline')
    l_0_run = resolve('run')
    l_0_style = resolve('style')
    l_0_notice = resolve('notice')
    l_0_message = resolve('message')
    l_0_landed = resolve('landed')
    l_0_problems = resolve('problems')
    l_0_groups = resolve('groups')
    l_0_notes = resolve('notes')
    l_0_counts = resolve('counts')
    l_0_failed = resolve('failed')
    l_0_failed_left = resolve('failed_left')
    l_0_slots = resolve('slots')
    l_0_path = resolve('path')
    l_0_phases = resolve('phases')
    l_0_timing = resolve('timing')
    l_0_use = resolve('use')
    l_0_data = resolve('data')
    l_0_script = resolve('script')
    try:
        t_1 = environment.filters['code']
    except KeyError:
        @internalcode
        def t_1(*unused):
            raise TemplateRuntimeError("No filter named 'code' found.")
    try:
        t_2 = environment.filters['counted']
    except KeyError:
        @internalcode
        def t_2(*unused):
            raise TemplateRuntimeError("No filter named 'counted' found.")
    try:
        t_3 = environment.filters['length']
    except KeyError:
        @internalcode
        def t_3(*unused):
            raise TemplateRuntimeError("No filter named 'length' found.")
    try:
        t_4 = environment.filters['lines']
    except KeyError:
        @internalcode
        def t_4(*unused):
            raise TemplateRuntimeError("No filter named 'lines' found.")
    try:
        t_5 = environment.filters['replace']
    except KeyError:
        @internalcode
        def t_5(*unused):
            raise TemplateRuntimeError("No filter named 'replace' found.")
    try:
        t_6 = environment.filters['seconds']
    except KeyError:
        @internalcode
        def t_6(*unused):
            raise TemplateRuntimeError("No filter named 'seconds' found.")
    try:
        t_7 = environment.filters['shown']
    except KeyError:
        @internalcode
        def t_7(*unused):
            raise TemplateRuntimeError("No filter named 'shown' found.")
    pass
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="'
    yield escape((undefined(name='policy') if l_0_policy is missing else l_0_policy))
    yield '">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n<title>'
    yield escape((undefined(name='mark') if l_0_mark is missing else l_0_mark))
    yield ' '
    yield escape((undefined(name='headline') if l_0_headline is missing else l_0_headline))
    yield ' · '
    yield escape(t_7(environment.getattr(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'workflow'), 'name'), 80))
    yield '</title>\n<style>'
    yield escape((undefined(name='style') if l_0_style is missing else l_0_style))
    yield '</style>\n</head>\n<body>\n<a class="skip" href="#items">Skip to the items</a>\n<header class="verdict '
    yield escape(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'result'))
    yield '">\n  <div class="title">\n    <h1><span class="mark" aria-hidden="true">'
    yield escape((undefined(name='mark') if l_0_mark is missing else l_0_mark))
    yield '</span> '
    yield escape((undefined(name='headline') if l_0_headline is missing else l_0_headline))
    yield '</h1>\n    <button type="button" id="theme" hidden>Dark</button>\n  </div>\n'
    if (undefined(name='notice') if l_0_notice is missing else l_0_notice):
        pass
        yield '  <p class="message">'
        yield escape(t_1(t_7((undefined(name='notice') if l_0_notice is missing else l_0_notice), 500)))
        yield '</p>\n'
    if (undefined(name='message') if l_0_message is missing else l_0_message):
        pass
        yield '  <p class="message">'
        yield escape(t_7((undefined(name='message') if l_0_message is missing else l_0_message), 500))
        yield '</p>\n'
    yield '  <dl class="facts">\n    <div><dt>workflow</dt><dd>'
    yield escape(t_7(environment.getattr(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'workflow'), 'name')))
    yield ' <span class="quiet">'
    yield escape(t_7(environment.getattr(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'workflow'), 'path')))
    yield '</span></dd></div>\n    <div><dt>run</dt><dd>'
    yield escape(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'run_id'))
    if (environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'attempt') > 1):
        pass
        yield ', attempt '
        yield escape(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'attempt'))
    yield '</dd></div>\n    <div><dt>started</dt><dd><time datetime="'
    yield escape(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'started_at'))
    yield '">'
    yield escape(t_5(context.eval_ctx, environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'started_at')[:19], 'T', ' '))
    yield ' UTC</time></dd></div>\n    <div><dt>took</dt><dd>'
    yield escape(t_6(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'seconds')))
    yield '</dd></div>\n    <div><dt>exit code</dt><dd>'
    yield escape(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'exit_code'))
    yield '</dd></div>\n    <div><dt>landed</dt><dd>'
    yield escape(t_7((undefined(name='landed') if l_0_landed is missing else l_0_landed)))
    yield '</dd></div>\n  </dl>\n</header>\n<main>\n'
    for (l_1_name, l_1_phase) in (undefined(name='problems') if l_0_problems is missing else l_0_problems):
        _loop_vars = {}
        pass
        yield '<section class="card problem" aria-labelledby="problem-'
        yield escape(l_1_name)
        yield '">\n  <h2 id="problem-'
        yield escape(l_1_name)
        yield '">'
        yield escape(l_1_name)
        yield ' failed</h2>\n'
        if environment.getattr(l_1_phase, 'error'):
            pass
            yield '  <p>'
            yield escape(t_7(environment.getattr(environment.getattr(l_1_phase, 'error'), 'message'), 500))
            yield '</p>\n'
            if context.call(environment.getattr(environment.getattr(environment.getattr(l_1_phase, 'error'), 'output_tail'), 'strip'), _loop_vars=_loop_vars):
                pass
                yield '  <pre tabindex="0" aria-label="End of the output of '
                yield escape(l_1_name)
                yield '">'
                yield escape(t_4(environment.getattr(environment.getattr(l_1_phase, 'error'), 'output_tail')))
                yield '</pre>\n'
        if environment.getattr(l_1_phase, 'log'):
            pass
            yield '  <p><a href="'
            yield escape(environment.getattr(l_1_phase, 'log'))
            yield '">'
            yield escape(environment.getattr(l_1_phase, 'log'))
            yield '</a></p>\n'
        yield '</section>\n'
    l_1_name = l_1_phase = missing
    if (undefined(name='groups') if l_0_groups is missing else l_0_groups):
        pass
        yield '<section class="card" aria-labelledby="why">\n  <h2 id="why">Why items did not land</h2>\n  <ul class="groups">\n'
        for (l_1_group, l_1_word, l_1_ids, l_1_reason) in (undefined(name='groups') if l_0_groups is missing else l_0_groups):
            _loop_vars = {}
            pass
            yield '    <li><button type="button" class="group" data-state="'
            yield escape(environment.getattr(l_1_group, 'state'))
            yield '" data-reason="'
            yield escape(l_1_reason)
            yield '">\n      <span class="count">'
            yield escape(t_2(t_3(environment.getattr(l_1_group, 'items'))))
            yield '</span>\n      <span class="badge '
            yield escape(environment.getattr(l_1_group, 'state'))
            yield '">'
            yield escape(l_1_word)
            yield '</span>\n      <span class="reason">'
            yield escape(t_7(environment.getattr(l_1_group, 'problem')))
            if environment.getattr(l_1_group, 'example'):
                pass
                yield ' <code>'
                yield escape(t_7(environment.getattr(l_1_group, 'example')))
                yield '</code>'
            yield '</span>\n      <span class="quiet ids">'
            yield escape(('item' if (t_3(environment.getattr(l_1_group, 'items')) == 1) else 'items'))
            yield ' '
            yield escape(l_1_ids)
            yield '</span>\n    </button></li>\n'
        l_1_group = l_1_word = l_1_ids = l_1_reason = missing
        yield '  </ul>\n</section>\n'
    yield '<section class="card" aria-labelledby="items">\n  <h2 id="items" tabindex="-1">Items</h2>\n'
    for l_1_note in (undefined(name='notes') if l_0_notes is missing else l_0_notes):
        _loop_vars = {}
        pass
        yield '  <p class="note">'
        yield escape(l_1_note)
        yield '</p>\n'
    l_1_note = missing
    yield '  <div class="tools" role="group" aria-label="Filter the items">\n    <ul class="chips" aria-label="States">\n'
    for (l_1_state, l_1_word, l_1_count) in (undefined(name='counts') if l_0_counts is missing else l_0_counts):
        _loop_vars = {}
        pass
        yield '      <li><button type="button" class="chip '
        yield escape(l_1_state)
        yield '" data-state="'
        yield escape(l_1_state)
        yield '" aria-pressed="false"><b>'
        yield escape(t_2(l_1_count))
        yield '</b> '
        yield escape(l_1_word)
        yield '</button></li>\n'
    l_1_state = l_1_word = l_1_count = missing
    if environment.getattr(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'counts'), 'selected_out'):
        pass
        yield '      <li class="quiet">'
        yield escape(t_2(environment.getattr(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'counts'), 'selected_out')))
        yield ' more left out by filter, distinct or paging</li>\n'
    yield '    </ul>\n    <input type="search" id="search" hidden placeholder="Search items and reasons" aria-label="Search items and reasons" autocomplete="off" spellcheck="false">\n    <button type="button" id="clear" hidden>Show all</button>\n  </div>\n  <p id="shown" class="quiet" role="status"></p>\n  <div id="scroller" class="scroller" hidden>\n    <table id="table">\n      <thead><tr></tr></thead>\n      <tbody></tbody>\n    </table>\n  </div>\n  <p class="quiet keys" hidden id="keys"><kbd>/</kbd> search · <kbd>↑</kbd> <kbd>↓</kbd> move · <kbd>Enter</kbd> open · in an item: <kbd>←</kbd> <kbd>→</kbd> previous, next · <kbd>Esc</kbd> close</p>\n  <div id="plain">\n    <p>Without scripts this page shows the failed items alone.</p>\n    <ul>\n'
    for (l_1_item, l_1_name, l_1_reason) in (undefined(name='failed') if l_0_failed is missing else l_0_failed):
        _loop_vars = {}
        pass
        yield '      <li><b>'
        yield escape(t_7(l_1_name, 100))
        yield '</b> (item '
        yield escape(environment.getattr(l_1_item, 'id'))
        yield '): '
        yield escape(t_7(l_1_reason))
        if environment.getattr(l_1_item, 'log'):
            pass
            yield ' <a href="'
            yield escape(environment.getattr(l_1_item, 'log'))
            yield '">log</a>'
        if environment.getattr(l_1_item, 'patch'):
            pass
            yield ' <a href="'
            yield escape(environment.getattr(l_1_item, 'patch'))
            yield '">patch</a>'
        yield '</li>\n'
    l_1_item = l_1_name = l_1_reason = missing
    yield '    </ul>\n'
    if (undefined(name='failed_left') if l_0_failed_left is missing else l_0_failed_left):
        pass
        yield '    <p>'
        yield escape(t_2((undefined(name='failed_left') if l_0_failed_left is missing else l_0_failed_left)))
        yield ' more are in results.json.</p>\n'
    yield '  </div>\n</section>\n'
    if (undefined(name='slots') if l_0_slots is missing else l_0_slots):
        pass
        yield '<section class="card" aria-labelledby="when" id="timeline" hidden>\n  <h2 id="when">Timeline</h2>\n  <div class="tools">\n    <ul class="legend" aria-label="What the bars mean">\n      <li><span class="key ok"></span> ran well</li>\n      <li><span class="key failed"></span> failed</li>\n      <li><span class="key conflicted"></span> did not merge</li>\n      <li><span class="key unfinished"></span> skipped or cut off</li>\n      <li><span class="key phase"></span> phase</li>\n    </ul>\n    <span class="buttons">\n      <button type="button" id="critical" aria-pressed="false">Critical path</button>\n      <button type="button" id="zoom-in" aria-label="Zoom in">+</button>\n      <button type="button" id="zoom-out" aria-label="Zoom out">−</button>\n      <button type="button" id="zoom-fit">Whole run</button>\n    </span>\n  </div>\n  <div id="chart" class="chart" role="group" tabindex="0" aria-label="Timeline: left and right arrow keys move, plus and minus zoom, 0 shows the whole run">\n    <canvas id="canvas" role="img" aria-label="What each of '
        yield escape((undefined(name='slots') if l_0_slots is missing else l_0_slots))
        yield ' slots did in '
        yield escape(t_6(environment.getattr((undefined(name='run') if l_0_run is missing else l_0_run), 'seconds')))
        yield '; the table of items has the same executions"></canvas>\n    <div id="tip" class="tip" hidden></div>\n  </div>\n'
        if (undefined(name='path') if l_0_path is missing else l_0_path):
            pass
            yield '  <p class="quiet">Critical path: '
            yield escape((undefined(name='path') if l_0_path is missing else l_0_path))
            yield ', the executions of the slot that was the last to end. Had one of them been shorter, its slot would have been free earlier.</p>\n'
        yield '</section>\n'
    yield '<section class="card" aria-labelledby="time">\n  <h2 id="time">Time</h2>\n  <div class="columns">\n  <table class="plain">\n    <caption>Phases</caption>\n    <thead><tr><th scope="col">phase</th><th scope="col">end</th><th scope="col" class="number">time</th><th scope="col">what</th></tr></thead>\n    <tbody>\n'
    for (l_1_name, l_1_class, l_1_mark, l_1_words, l_1_seconds, l_1_what) in (undefined(name='phases') if l_0_phases is missing else l_0_phases):
        _loop_vars = {}
        pass
        yield '      <tr><th scope="row">'
        yield escape(l_1_name)
        yield '</th><td class="state-'
        yield escape(l_1_class)
        yield '">'
        yield escape(l_1_mark)
        yield ' '
        yield escape(l_1_words)
        yield '</td><td class="number">'
        yield escape(t_6(l_1_seconds))
        yield '</td><td>'
        yield escape(l_1_what)
        yield '</td></tr>\n'
    l_1_name = l_1_class = l_1_mark = l_1_words = l_1_seconds = l_1_what = missing
    yield '    </tbody>\n  </table>\n'
    if (undefined(name='timing') if l_0_timing is missing else l_0_timing):
        pass
        yield '  <div>\n    <table class="plain">\n      <caption>The map: ideal against actual</caption>\n      <tbody>\n        <tr><th scope="row">actual</th><td class="number">'
        yield escape(t_6(environment.getattr((undefined(name='timing') if l_0_timing is missing else l_0_timing), 'actual')))
        yield '</td><td class="wide"><svg class="bar" role="img" aria-label="actual"><rect class="between" width="100%" height="100%"/></svg></td></tr>\n        <tr><th scope="row">ideal</th><td class="number">'
        yield escape(t_6(environment.getattr((undefined(name='timing') if l_0_timing is missing else l_0_timing), 'ideal')))
        yield '</td><td class="wide"><svg class="bar" role="img" aria-label="ideal"><rect class="work" width="'
        yield escape(('%.2f' % (((100 * environment.getattr((undefined(name='timing') if l_0_timing is missing else l_0_timing), 'ideal')) / environment.getattr((undefined(name='timing') if l_0_timing is missing else l_0_timing), 'actual')) if environment.getattr((undefined(name='timing') if l_0_timing is missing else l_0_timing), 'actual') else 100)))
        yield '%" height="100%"/></svg></td></tr>\n      </tbody>\n    </table>\n    <p class="quiet">Ideal is an even share of the work for every slot, or the longest item when that takes longer.</p>\n'
        if (undefined(name='use') if l_0_use is missing else l_0_use):
            pass
            yield '    <table class="plain">\n      <caption>What the slots did</caption>\n      <tbody>\n'
            for (l_1_class, l_1_words, l_1_seconds, l_1_share) in (undefined(name='use') if l_0_use is missing else l_0_use):
                _loop_vars = {}
                pass
                yield '        <tr><th scope="row">'
                yield escape(l_1_words)
                yield '</th><td class="number">'
                yield escape(t_6(l_1_seconds))
                yield '</td><td class="number">'
                yield escape(('%.0f' % (100 * l_1_share)))
                yield ' %</td><td class="wide"><svg class="bar" role="img" aria-label="'
                yield escape(l_1_words)
                yield '"><rect class="'
                yield escape(l_1_class)
                yield '" width="'
                yield escape(('%.2f' % (100 * l_1_share)))
                yield '%" height="100%"/></svg></td></tr>\n'
            l_1_class = l_1_words = l_1_seconds = l_1_share = missing
            yield '      </tbody>\n    </table>\n'
        yield '  </div>\n'
    yield '  </div>\n</section>\n</main>\n<dialog id="detail" aria-labelledby="detail-title"></dialog>\n<script type="application/json" id="data">'
    for l_1_piece in (undefined(name='data') if l_0_data is missing else l_0_data):
        _loop_vars = {}
        pass
        yield escape(l_1_piece)
    l_1_piece = missing
    yield '</script>\n<script type="module">'
    yield escape((undefined(name='script') if l_0_script is missing else l_0_script))
    yield '</script>\n</body>\n</html>'

blocks = {}
debug_info = '5=75&8=77&9=83&13=85&15=87&18=91&19=94&21=96&22=99&25=102&26=106&27=112&28=116&29=118&30=120&34=122&35=126&36=128&37=132&38=135&39=137&40=140&43=144&44=147&48=153&52=156&53=160&54=164&55=166&56=170&57=177&65=184&66=188&70=192&71=196&73=205&74=208&91=211&92=215&95=233&96=236&100=239&119=242&122=246&123=249&134=253&135=257&139=271&144=274&145=276&149=280&153=283&154=287&165=303&166=309'
